// Random lives of a few wallets: what fast-check makes of the actions.

import fc from 'fast-check';
import type { CreditKind } from '../../money-verbs.ts';
import {
  type Action,
  type Body,
  CALLS,
  type Life,
  POLICIES,
  PRICES,
  RESERVES,
  type Step,
  WALLETS,
} from './actions.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const upTo = (count: number) => fc.nat({ max: count - 1 });
const wallet = upTo(WALLETS);
const key = upTo(6);
const amount = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, 999, 1_000, 59_999, 60_000, 75_000, 100_500) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 400_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 10_000_000, MAX - 1, MAX) },
);
const durationMs = fc.oneof(
  fc.constantFrom(0, 1, 999, 1_000, 59_200, 60_000, 60_001, 3_600_000),
  fc.integer({ min: 0, max: 200_000 }),
);
const someWallets = (most: number) => fc.uniqueArray(wallet, { minLength: 1, maxLength: most });
const body: fc.Arbitrary<Body> = fc.record({
  legs: someWallets(3).chain((wallets) =>
    fc.tuple(...wallets.map((w) => upTo(PRICES).map((price) => ({ wallet: w, price })))),
  ),
  policy: upTo(POLICIES),
  maxDurationMs: fc.constantFrom(3_600_000, 3_600_000, 90_000, 10_000),
  capFloorMs: fc.constantFrom(0, 0, 0, 60_000),
  hasProvider: fc.boolean(),
  unbilled: fc.nat(9).map((n) => n === 0),
});
const evidence = fc.constantFrom(0, 1, 2, 3, 4) as fc.Arbitrary<0 | 1 | 2 | 3 | 4>;
const call = upTo(CALLS);
const hold = upTo(CALLS + RESERVES);
const reserve = upTo(RESERVES);

const ends = fc.oneof(
  fc.record({
    verb: fc.constantFrom('capture' as const, 'settle' as const),
    hold,
    durationMs,
    amount,
    evidence,
    key,
  }),
  fc.record({ verb: fc.constant('void' as const), hold, key }),
  fc.record({ verb: fc.constant('expire' as const), hold }),
);
const calls = fc.oneof(
  { weight: 6, arbitrary: fc.record({ verb: fc.constant('authorize' as const), call, body }) },
  {
    weight: 3,
    arbitrary: fc.record({
      verb: fc.constant('start' as const),
      call,
      agoMs: fc.constantFrom(-1, 0, 0, 30_000, 90_000_000),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      verb: fc.constant('check' as const),
      call,
      elapsedMs: fc.constantFrom(0, 0, 30_000, 100_000),
      proof: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant('record' as const), call, body, durationMs }),
  },
);
const reserves = fc.oneof(
  fc.record({
    verb: fc.constant('reserve' as const),
    hold: reserve,
    wallets: someWallets(2),
    amount,
    ttlMs: fc.constantFrom(0, 0, 1_000, 60_000),
  }),
  fc.record({ verb: fc.constant('extend' as const), hold: reserve, amount, key }),
);
const kinds: CreditKind[] = ['deposit', 'bonus', 'adjustment', 'auto_recharge', 'dispute'];
const money = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constant('credit' as const),
      wallet,
      kind: fc.constantFrom(...kinds),
      amount,
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant('charge' as const),
      wallets: someWallets(2),
      amount,
      overdraft: fc.boolean(),
      unbilled: fc.nat(9).map((n) => n === 0),
      key,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant('refund' as const), entry: fc.nat(40), amount, key }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ verb: fc.constant('transfer' as const), from: wallet, to: wallet, amount, key })
      .filter(({ from, to }) => from !== to),
  },
);
const limits = fc.record({
  verb: fc.constant('configure' as const),
  wallet,
  changes: fc.record(
    {
      creditLimitMicros: fc.constantFrom(0, 50_000, 1_000_000, MAX),
      cutoffThresholdMicros: fc.constantFrom(0, 10_000, 500_000),
      maxLiveCalls: fc.constantFrom(0, 1, 2),
      frozen: fc.nat(3).map((n) => n === 0),
    },
    { requiredKeys: [] },
  ),
});
const enforcer = fc.oneof(
  fc.record({
    verb: fc.constant('due' as const),
    limit: fc.integer({ min: 1, max: 4 }),
    leaseMs: fc.constantFrom(0, 1_000),
  }),
  fc.record({
    verb: fc.constant('finals' as const),
    wallet,
    limit: fc.integer({ min: 1, max: 4 }),
  }),
);

export const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 16, arbitrary: calls },
  { weight: 4, arbitrary: ends },
  { weight: 4, arbitrary: reserves },
  { weight: 7, arbitrary: money },
  { weight: 1, arbitrary: limits },
  { weight: 2, arbitrary: enforcer },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('retry' as const), back: fc.nat(5) }) },
);

const clocks = [1, 249, 250, 1_000, 4_999, 5_000, 30_000, 45_000, 72_000, 75_000, 120_000, 300_000];
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      step: fc.constant('run' as const),
      actions: fc.array(action, { minLength: 1, maxLength: 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('run' as const),
      actions: fc.array(action, { minLength: 2, maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('clock' as const),
      byMs: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...clocks) },
        { weight: 1, arbitrary: fc.constantFrom(-10_000, 300_000_000) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('unload' as const), wallet }) },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant('forget' as const), rebuilt: fc.boolean() }),
  },
);

const opening = fc.constantFrom(
  0,
  60_000,
  150_500,
  240_000,
  500_000,
  1_000_000,
  1_000_000,
  10_000_000,
  MAX,
);

export const life: fc.Arbitrary<Life> = fc.record({
  money: fc.array(opening, { minLength: WALLETS, maxLength: WALLETS }),
  steps: fc.array(step, { minLength: 1, maxLength: 50, size: 'max' }),
});
