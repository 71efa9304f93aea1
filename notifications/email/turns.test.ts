import { expect, test } from 'vitest';
import { createTurns, IN_HAND_MAX } from './turns.ts';

function full() {
  const turns = createTurns();
  for (let n = 0; n < IN_HAND_MAX; n++) expect(turns.take(0)).toBeUndefined();
  return turns;
}

test('letters beyond those in hand come again one after the other, as fast as letters are sent', () => {
  const turns = full();
  turns.end(8_000);
  expect(turns.take(0)).toBeUndefined();
  const first = turns.take(0) ?? 0;
  expect(first).toBeGreaterThanOrEqual(2_000);
  expect([turns.take(0), turns.take(10)]).toEqual([first + 1_000, first + 2_000]);
});

test('none waits for longer than a minute, and a turn that is over is another one’s', () => {
  const turns = full();
  const times = Array.from({ length: 1_000 }, () => turns.take(5_000) ?? 0);
  expect(new Set(times).size).toBeGreaterThan(500);
  expect(Math.max(...times)).toBe(65_000);
  turns.end(10);
  expect(turns.take(5_000)).toBeUndefined();
  expect(turns.take(600_000)).toBe(602_100);
});
