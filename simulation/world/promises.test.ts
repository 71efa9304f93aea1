/** The promises are broken by what breaks them: a judge that cannot say no proves nothing. */
import { expect, test } from 'vitest';
import { type HoldState, type Leg, NO_POLICY, priceOf } from '../../engine/index.ts';
import type { CallRecord } from '../providers/index.ts';
import type { Books } from './books.ts';
import { factsOf } from './facts.ts';
import type { Increment } from './options.ts';
import { priceAt } from './plan.ts';
import { promisesOf } from './promises.ts';

const LEAD_MS = 3_000;
const START = 1_000_000;
const COVERED_MS = 60_000;
const CUTOFF = START + COVERED_MS - LEAD_MS;
const call = {
  callId: 'c-1',
  to: '+14150000001',
  provider: 'vapi',
  placedBy: 'dialler',
} as const;

interface Story {
  increment?: Increment;
  pushedAfterMs?: number;
  endedAfterMs?: number;
  endedBy?: CallRecord['endedBy'];
  takenMicros?: number;
  ends?: number;
  state?: string;
  spendableMicros?: number;
  copies?: number;
  /** How long everybody had to wait, whenever that is asked. */
  waitedMs?: number;
}

function broken(story: Story): string[] {
  const { increment = '1/1', pushedAfterMs = 20, endedAfterMs = 30, endedBy = 'pushed' } = story;
  const usedMs = COVERED_MS - LEAD_MS + endedAfterMs;
  const price = priceAt(increment, 100_000);
  const leg: Leg = {
    walletId: 'wal_1',
    role: 'client',
    heldMicros: 0,
    capturedMicros: 0,
    shortfallMicros: 0,
    ...price,
    refundedMicros: 0,
  };
  const hold: HoldState = {
    state: story.state ?? 'captured',
    revision: 3,
    organizationId: 'org_1',
    kind: 'call',
    callId: call.callId,
    createdAtMs: START - 1_000,
    startedAtMs: START,
    coveredMs: COVERED_MS,
    finalReason: 'insufficient_funds',
    cutoffAtMs: CUTOFF,
    expiresAtMs: 0,
    lastSeenAtMs: START,
    maxDurationMs: 3_600_000,
    policy: NO_POLICY,
    hasProvider: true,
    estimated: false,
    evidence: 3,
    usedMs,
    closedAtMs: CUTOFF + endedAfterMs,
    outcome: 'completed',
    legs: [leg],
  };
  const record: CallRecord = {
    ordinal: 1,
    providerCallId: 'p-1',
    direction: 'outbound',
    from: '+14155550142',
    to: call.to,
    metadata: undefined,
    phase: 'ended',
    createdAtMs: START - 1_000,
    startedAtMs: START,
    endedAtMs: CUTOFF + endedAfterMs,
    durationMs: usedMs,
    reportedDurationMs: usedMs,
    capMs: 3_600_000,
    endedBy,
    reason: undefined,
    costMicros: 0,
    pushes: [
      {
        kind: 'end-call',
        receivedAtMs: CUTOFF + pushedAfterMs,
        receivedWallMs: CUTOFF + pushedAfterMs,
        verdict: 'obeyed',
      },
    ],
    pushCount: 1,
    deliveries: [],
    deliveryCount: 0,
  };
  const booked = {
    heldMicros: priceOf(price, COVERED_MS),
    takenMicros: story.takenMicros ?? priceOf(price, usedMs),
    ends: story.ends ?? 1,
  };
  const books: Books = {
    calls: new Map([[call.callId, { hold, legs: new Map([['wal_1', booked]]), pendings: [] }]]),
    wallets: [{ walletId: 'wal_1', spendableMicros: story.spendableMicros ?? 0 }],
    heldMicros: 0,
  };
  const records = Array.from({ length: story.copies ?? 1 }, () => record);
  const facts = factsOf([call], records, books);
  const options = { faults: 'none', increment } as const;
  const promises = promisesOf(facts, books, options, LEAD_MS, () => story.waitedMs ?? 0);
  return promises.flatMap(({ name, faults }) => (faults.length === 0 ? [] : [name]));
}

test('a prompt cutoff keeps every promise, at every increment', () => {
  for (const increment of ['1/1', '6/6', '60/60'] as const)
    expect(broken({ increment })).toEqual([]);
});

test('what a machine that stands still makes everybody wait for is not the enforcer’s', () => {
  const late = { pushedAfterMs: 1_600, endedAfterMs: 1_601 };
  expect(broken({ ...late, waitedMs: 1_200 })).toEqual([]);
  expect(broken({ ...late, waitedMs: 1_000 })).toEqual([expect.stringMatching(/p99 under 500/)]);
});

test('past the lead a call may cost what its reaction cost, and no more', () => {
  expect(broken({ endedAfterMs: 10_000 })).toEqual([]);
  const price = priceAt('1/1', 100_000);
  const takenMicros = priceOf(price, COVERED_MS) + 100_000;
  expect(broken({ endedAfterMs: 10_000, takenMicros })).toContainEqual(
    expect.stringMatching(/^I12/),
  );
});

test.each<[string, Story, RegExp]>([
  ['another end than a push', { endedBy: 'cap' }, /ended by a push/],
  ['a late push', { pushedAfterMs: 600, endedAfterMs: 601 }, /p99 under 500/],
  ['a push before the cutoff alone', { pushedAfterMs: -1 }, /p99 under 500/],
  ['more taken than held within the lead', { takenMicros: 200_000 }, /within the lead/],
  ['a wallet below its bound', { spendableMicros: -10_000_000 }, /^every spendable/],
  ['two captures', { ends: 2 }, /exactly once/],
  ['no capture', { state: 'live', ends: 0 }, /exactly once/],
  ['two calls at the provider', { copies: 2 }, /exactly once/],
  ['another amount than the record says', { takenMicros: 1 }, /equals the providers' records/],
])('%s breaks its promise', (_what, story, promise) => {
  expect(broken(story)).toContainEqual(expect.stringMatching(promise));
});
