import { expect, test } from 'vitest';
import type { JournalView } from '../../engine/index.ts';
import { partitionClocks } from './ringfence.ts';

const journal = (clock: Partial<JournalView>): JournalView => ({
  partition: 0,
  length: 0,
  committed: '0-0',
  oldestAgeMs: undefined,
  bytes: 0,
  clockAheadMs: 0,
  clockShiftMs: 0,
  dueLateMs: 0,
  ...clock,
});

test('a clock that never jumped is passed over', () => {
  expect(partitionClocks([journal({}), journal({ clockShiftMs: -999 })])).toEqual([]);
});

test('one that jumped, ahead or back, is a warning: time goes on without it', () => {
  for (const clockShiftMs of [-3_600_000, 3_600_000]) {
    const [only, ...more] = partitionClocks([journal({}), journal({ clockShiftMs })]);
    expect(only).toMatchObject({ check: 'clocks', severity: 'warning' });
    expect(only?.found).toContain('jumped by 3600000 ms');
    expect(more).toEqual([]);
  }
});

test('time that stands still is an error, whatever the shift', () => {
  const stands = journal({ clockAheadMs: 1_000, clockShiftMs: 3_600_000 });
  expect(partitionClocks([stands])).toMatchObject([{ check: 'clocks', severity: 'error' }]);
});
