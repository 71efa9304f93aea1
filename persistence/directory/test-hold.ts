/** A hold state for tests; only the fields that a test names matter to it. */
import type { HoldState } from '../../engine/index.ts';

export function testHold(fields: Partial<HoldState>): HoldState {
  return {
    state: 'live',
    revision: 1,
    organizationId: 'org_test',
    kind: 'call',
    callId: 'call',
    createdAtMs: 1,
    startedAtMs: 0,
    coveredMs: 0,
    finalReason: '',
    cutoffAtMs: 0,
    expiresAtMs: 0,
    lastSeenAtMs: 0,
    maxDurationMs: 0,
    policy: {
      minimumMs: 0,
      quantumMs: 0,
      warnMs: 0,
      leadMs: 0,
      ringMs: 0,
      heartbeatMs: 0,
      endMessageMs: 0,
    },
    hasProvider: false,
    estimated: false,
    evidence: 0,
    usedMs: 0,
    closedAtMs: 0,
    outcome: '',
    legs: [],
    ...fields,
  };
}
