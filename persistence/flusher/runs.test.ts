import { expect, test } from 'vitest';
import type { ReadEntry } from './entry.ts';
import type { Run } from './positions.ts';
import { lanesOf } from './runs.ts';

/** So many entries of each partition; what is in them is nobody's matter here. */
function runsOf(...counts: number[]): Run[] {
  return counts.map((count, partition) => ({
    partition,
    after: '0-0',
    entries: Array.from({ length: count }, (_, n) => ({ id: `${n + 1}-0` }) as ReadEntry),
  }));
}

const shape = (lanes: Run[][]) => lanes.map((lane) => lane.map(({ partition }) => partition));

test.each([
  ['little to do', runsOf(4, 5), 5, [[0, 1]]],
  ['much to do in one partition', runsOf(0, 100, 0), 5, [[1]]],
  ['nothing to do', runsOf(0, 0), 5, [[]]],
  ['much to do in many', runsOf(3, 9, 4, 0, 2), 5, [[1], [2, 0, 4]]],
])('%s: a partition in one lane, both about as long', (_, runs, laneEntries, lanes) => {
  expect(shape(lanesOf(runs, laneEntries))).toEqual(lanes);
});
