import { expect, test } from 'vitest';
import type { JournalView } from '../../engine/index.ts';
import { connections } from './postgres.ts';
import { enforcement } from './workers.ts';

const journal = (dueLateMs: number): JournalView => ({
  partition: 0,
  length: 0,
  committed: '0-0',
  oldestAgeMs: undefined,
  bytes: 0,
  clockAheadMs: 0,
  clockShiftMs: 0,
  dueLateMs,
});

test.each([
  [4_999, 'ok'],
  [5_000, 'warning'],
  [60_000, 'error'],
])('a call that has been due for %i ms: %s', (lateMs, severity) => {
  expect(enforcement([journal(0), journal(lateMs)])).toMatchObject([{ severity }]);
});

test('connections that are nearly used up are told before they are', () => {
  expect(connections(30)).toEqual([]);
  expect(connections(29)).toMatchObject([{ severity: 'warning' }]);
});
