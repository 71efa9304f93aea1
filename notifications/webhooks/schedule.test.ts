import { expect, test } from 'vitest';
import { nextAttemptMs, RETRY_WAITS_MS, retryAfterMs, TRIED_FOR_MS } from './schedule.ts';

const HOUR = 3_600_000;

const next = (attempts: number, random = 0.5, nowMs = 0, asked = 0) =>
  nextAttemptMs({ attempts, startedMs: 0, nowMs, random, retryAfterMs: asked });

test('tries go on for a day, each wait longer than the one before, and end with the day', () => {
  const total = RETRY_WAITS_MS.reduce((sum, wait) => sum + wait, 0);
  expect(total).toBeGreaterThan(23 * HOUR);
  expect(total).toBeLessThan(25 * HOUR);
  expect([...RETRY_WAITS_MS].sort((a, b) => a - b)).toEqual(RETRY_WAITS_MS);
  expect(next(99, 0.5, 10 * HOUR)).toBe(18 * HOUR);
  expect(next(99, 0.5, 20 * HOUR)).toBe(TRIED_FOR_MS);
  expect(next(1, 0.5, TRIED_FOR_MS)).toBeUndefined();
});

test('a wait is spread by a tenth either way', () => {
  expect(next(1, 0)).toBe(4_500);
  expect(next(1)).toBe(5_000);
  expect(next(1, 1)).toBe(5_500);
});

test('a receiver may ask for longer, not for shorter, and for a day at most', () => {
  expect(next(1, 0.5, 0, 60_000)).toBe(60_000);
  expect(next(5, 0.5, 0, 1_000)).toBe(30 * 60_000);
  expect(retryAfterMs('120', 0)).toBe(120_000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:02:00 GMT', 30_000)).toBe(90_000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:00 GMT', 30_000)).toBe(0);
  expect(retryAfterMs('999999999', 0)).toBe(24 * HOUR);
  for (const nonsense of [undefined, '', '-5', 'soon', '1e3', '2030']) {
    expect(retryAfterMs(nonsense, 0)).toBe(nonsense === '2030' ? 2_030_000 : 0);
  }
});
