import { expect, test } from 'vitest';
import { createBacklog } from './backlog.ts';

test('a drained journal has no backlog, however many entries are retained', () => {
  const backlog = createBacklog();
  expect(backlog.see('5-0', '5-0', 3_000_000)).toBe(0);
});

test('what was added since the ledger reached a look is the backlog', () => {
  const backlog = createBacklog();
  backlog.see('5-0', '5-0', 100);
  expect(backlog.see('5-0', '6-0', 150)).toBe(50);
  expect(backlog.see('6-0', '7-0', 180)).toBe(30);
  expect(backlog.see('7-0', '7-0', 180)).toBe(0);
});

test('a ledger that keeps up, always a little behind, does not add up to a backlog', () => {
  const backlog = createBacklog();
  backlog.see('0-0', '0-0', 0);
  for (let second = 1; second < 100; second++) {
    const behind = backlog.see(`${second - 1}-0`, `${second}-0`, second * 3_000);
    expect(behind).toBeLessThanOrEqual(6_000);
  }
});

test('a ledger that stands still has everything since as its backlog', () => {
  const backlog = createBacklog();
  backlog.see('1-0', '1-0', 10);
  for (let second = 2; second <= 900; second++) backlog.see('1-0', `${second}-0`, second * 10);
  expect(backlog.see('1-0', '901-0', 9_010)).toBe(9_000);
});

test('a replaced Redis starts the count again', () => {
  const backlog = createBacklog();
  backlog.see('5-0', '5-0', 1_000);
  expect(backlog.see('5-0', '6-0', 3)).toBe(1);
  expect(backlog.see('5-0', '7-0', 9)).toBeLessThanOrEqual(7);
});

test('a process that starts while the ledger is behind does not count all of history', () => {
  const backlog = createBacklog();
  expect(backlog.see('5-0', '6-0', 50_000_000)).toBe(1);
  expect(backlog.see('5-0', '7-0', 50_000_010)).toBe(10);
});
