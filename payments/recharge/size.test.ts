import { describe, expect, test } from 'vitest';
import { capSpans, sizeOf } from './size.ts';

const UNIT = 1_000_000;
const NOW = new Date('2027-04-30T23:30:00Z');
const LIMITS = { currency: 'usd', minMicros: 5 * UNIT, maxMicros: 10_000 * UNIT };
const NONE = { micros: 0, count: 0 };
const UNUSED = { day: NONE, month: NONE };
const AMOUNT = {
  thresholdMicros: 10 * UNIT,
  amountMicros: (25 * UNIT) as number | null,
  targetMicros: null as number | null,
  dailyMaxMicros: null as number | null,
  monthlyMaxMicros: null as number | null,
  dailyMaxCount: null as number | null,
  monthlyMaxCount: null as number | null,
};
const TARGET = { ...AMOUNT, amountMicros: null, targetMicros: 60 * UNIT };

const charged = (
  terms: Partial<typeof AMOUNT>,
  spendable: number,
  usages = UNUSED,
  limits = LIMITS,
) => {
  const size = sizeOf({ ...AMOUNT, ...terms }, Math.round(spendable * UNIT), usages, limits, NOW);
  return size.kind === 'charge' ? size.micros / UNIT : [size.cap, size.until.toISOString()];
};

describe('an amount', () => {
  test.each([
    [10, 25],
    [0, 25],
    // 25 more would leave it at the threshold, where it is still due.
    [-15, 50],
    [-14.999999, 25],
    [-1_000, 1_025],
  ])('with %d to spend is charged as often as it takes to be above: %d', (spendable, units) => {
    expect(charged({}, spendable)).toBe(units);
  });

  test('no more than the largest charge, in whole amounts', () => {
    expect(charged({}, -20_000)).toBe(10_000);
    expect(charged({}, -20_000, UNUSED, { ...LIMITS, maxMicros: 9_990 * UNIT })).toBe(9_975);
  });
});

describe('a target', () => {
  test.each([
    [10, 50],
    [-1_000, 1_060],
    // Up to the next cent.
    [9.999999, 50.01],
  ])('with %d to spend is charged what is missing: %d', (spendable, units) => {
    expect(charged(TARGET, spendable)).toBe(units);
  });

  test('at least the least charge', () => {
    expect(charged({ ...TARGET, targetMicros: 11 * UNIT }, 10)).toBe(5);
  });

  test('in steps of its currency', () => {
    const jpy = { ...LIMITS, currency: 'jpy' };
    expect(charged(TARGET, 9.5, UNUSED, jpy)).toBe(51);
  });
});

describe('caps', () => {
  const used = (day: number, month: number, count = 1) => ({
    day: { micros: day * UNIT, count },
    month: { micros: month * UNIT, count },
  });
  const tomorrow = '2027-05-01T00:00:00.000Z';

  test.each([
    ['money of the day', { dailyMaxMicros: 60 * UNIT }, used(30, 30), 25],
    ['the same, reached', { dailyMaxMicros: 60 * UNIT }, used(36, 36), ['daily', tomorrow]],
    ['money of the month', { monthlyMaxMicros: 60 * UNIT }, used(0, 40), ['monthly', tomorrow]],
    ['charges of the day', { dailyMaxCount: 1 }, used(1, 1), ['daily', tomorrow]],
    ['charges of the month', { monthlyMaxCount: 2 }, used(1, 1), 50],
  ])('%s', (_, caps, usages, expected) => {
    expect(charged(caps, -15, usages)).toEqual(expected);
  });

  test('of two that are reached the later one counts', () => {
    const caps = { dailyMaxCount: 1, monthlyMaxCount: 1 };
    const noon = new Date('2027-04-10T12:00:00Z');
    const size = sizeOf({ ...AMOUNT, ...caps }, 0, used(1, 1), LIMITS, noon);
    expect(size).toEqual({ kind: 'capped', cap: 'monthly', until: new Date(tomorrow) });
  });

  test('a target takes what is left, if that can be charged', () => {
    expect(charged({ ...TARGET, dailyMaxMicros: 60 * UNIT }, 10, used(40, 40))).toBe(20);
    expect(charged({ ...TARGET, dailyMaxMicros: 60 * UNIT }, 10, used(56, 56))).toEqual([
      'daily',
      tomorrow,
    ]);
  });

  test('days and months are those of UTC, the last month of the year too', () => {
    expect(capSpans(NOW)).toEqual({
      day: new Date('2027-04-30T00:00:00Z'),
      month: new Date('2027-04-01T00:00:00Z'),
    });
    const newYear = new Date('2027-12-31T23:59:59.999Z');
    const size = sizeOf({ ...AMOUNT, monthlyMaxCount: 1 }, 0, used(1, 1), LIMITS, newYear);
    expect(size).toMatchObject({ until: new Date('2028-01-01T00:00:00Z') });
  });
});
