import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coveredMs, type Price, priceOf } from './price.ts';
import { World } from './test/world.ts';

const at = (initial: number, subsequent: number, more: Partial<Price> = {}): Price => ({
  rateMicrosPerMinute: 60_000,
  initialMs: initial * 1000,
  subsequentMs: subsequent * 1000,
  connectionFeeMicros: 0,
  minimumMicros: 0,
  ...more,
});

describe('price', () => {
  test.each([
    // seconds, 60/60, 6/6, 1/1
    [0, 0, 0, 0],
    [1, 60_000, 6_000, 1_000],
    [59.2, 60_000, 60_000, 60_000],
    [60, 60_000, 60_000, 60_000],
    [60.1, 120_000, 66_000, 61_000],
    [61, 120_000, 66_000, 61_000],
    [86_400, 86_400_000, 86_400_000, 86_400_000],
  ])('%s s', (seconds, minute, six, one) => {
    const ms = seconds * 1000;
    expect([at(60, 60), at(6, 6), at(1, 1)].map((price) => priceOf(price, ms))).toEqual([
      minute,
      six,
      one,
    ]);
  });

  test('the fee is added once and the minimum holds, but not for a call that was not answered', () => {
    const price = at(1, 1, { connectionFeeMicros: 5_000, minimumMicros: 20_000 });
    expect([0, 1_000, 15_000, 16_000].map((ms) => priceOf(price, ms))).toEqual([
      0, 20_000, 20_000, 21_000,
    ]);
  });
});

const increments = fc.oneof(
  fc.constant([0, 0] as const),
  fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 120 })),
);
const prices = fc
  .record({
    rate: fc.integer({ min: 0, max: 1_000_000_000 }),
    step: increments,
    connectionFeeMicros: fc.integer({ min: 0, max: 10_000_000 }),
    minimumMicros: fc.integer({ min: 0, max: 10_000_000 }),
  })
  .map(
    ({ rate, step, ...rest }): Price => ({
      rateMicrosPerMinute: rate,
      initialMs: step[0] * 1000,
      subsequentMs: step[1] * 1000,
      ...rest,
    }),
  );
const durations = fc.integer({ min: 0, max: 86_400_000 });

describe('price, for any price and duration', () => {
  test('is monotone', () => {
    fc.assert(
      fc.property(prices, durations, durations, (price, a, b) => {
        const [short, long] = a < b ? [a, b] : [b, a];
        expect(priceOf(price, short)).toBeLessThanOrEqual(priceOf(price, long));
      }),
    );
  });

  test('covered time is the longest that the money pays for', () => {
    fc.assert(
      fc.property(prices, fc.maxSafeNat(), (price, money) => {
        const ms = coveredMs(price, money);
        if (ms > 86_400_000_000) return;
        expect(priceOf(price, ms)).toBeLessThanOrEqual(money);
        expect(priceOf(price, ms + 1)).toBeGreaterThan(money);
      }),
    );
  });
});

describe('the Lua price', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  test('is the same function as the model', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(prices, fc.integer({ min: 1, max: 86_400_000 }), async (price, ms) => {
        const wallet = await world.wallet(Number.MAX_SAFE_INTEGER / 2 - 0.5);
        const input = world.call(`price-${++n}`, [wallet], { price, maxDurationMs: 43_200_000 });
        const outcome = await world.engine.record({ ...input, durationMs: ms, evidence: 3 });
        if (outcome.status !== 'done') throw new Error(outcome.status);
        // A price of nothing is 0, not -0.
        expect(outcome.entry.rows[0]?.amountMicros).toBe(0 - priceOf(price, ms));
      }),
      { numRuns: 300, examples: [[at(1, 1, { rateMicrosPerMinute: 0 }), 60_000]] },
    );
  });
});
