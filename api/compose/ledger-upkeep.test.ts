import { describe, expect, test } from 'vitest';
import { dayToDigest } from './ledger-upkeep.ts';

describe('the day to digest', () => {
  test.each([
    ['2026-11-21T12:00:00Z', 0, '2026-11-20'],
    ['2026-03-01T01:00:00Z', 0, '2026-02-28'],
    ['2026-11-21T00:59:59Z', 0, undefined],
    ['2026-11-21T12:00:00Z', 11 * 3_600_000, '2026-11-20'],
    ['2026-11-21T12:00:00Z', 12 * 3_600_000, undefined],
  ])('at %s with a backlog of %i ms it is %s', (now, backlogMs, day) => {
    expect(dayToDigest(Date.parse(now), backlogMs)).toBe(day);
  });
});
