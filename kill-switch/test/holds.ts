import type { HoldState } from '../../engine/index.ts';

/** A live call of $0.60 a minute that is covered for 75 s from the answer at 1,000,000 ms. */
export function liveHold(fields: Partial<HoldState> = {}): HoldState {
  return {
    state: 'live',
    revision: 2,
    organizationId: 'org_1',
    kind: 'call',
    callId: 'call-1',
    createdAtMs: 990_000,
    startedAtMs: 1_000_000,
    coveredMs: 75_000,
    finalReason: '',
    cutoffAtMs: 0,
    expiresAtMs: 0,
    lastSeenAtMs: 1_000_000,
    maxDurationMs: 3_600_000,
    policy: {
      minimumMs: 60_000,
      quantumMs: 75_000,
      warnMs: 30_000,
      leadMs: 3_000,
      ringMs: 120_000,
      heartbeatMs: 300_000,
      endMessageMs: 0,
    },
    hasProvider: true,
    estimated: false,
    evidence: 0,
    usedMs: 0,
    closedAtMs: 0,
    outcome: '',
    legs: [
      {
        walletId: 'wal_1',
        role: 'client',
        heldMicros: 750_000,
        capturedMicros: 0,
        shortfallMicros: 0,
        rateMicrosPerMinute: 600_000,
        initialMs: 1_000,
        subsequentMs: 1_000,
        connectionFeeMicros: 0,
        minimumMicros: 0,
        refundedMicros: 0,
      },
    ],
    ...fields,
  };
}
