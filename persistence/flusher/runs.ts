/** Cutting runs of entries into batches. Pure. */
import type { ReadEntry, StreamEntry } from './entry.ts';
import type { Run } from './positions.ts';

type Runs<E extends StreamEntry> = readonly Run<E>[];

/** Batches of at most `size` entries, in partition order and, within a partition, stream order. */
export function batchesOf<E extends StreamEntry>(runs: Runs<E>, size: number): Run<E>[][] {
  const batches: Run<E>[][] = [];
  let room = 0;
  for (const run of [...runs].sort((a, b) => a.partition - b.partition)) {
    let rest: Run<E> | undefined = run.entries.length > 0 ? run : undefined;
    while (rest !== undefined) {
      if (room === 0) {
        batches.push([]);
        room = size;
      }
      const [head, tail] = cut(rest, room);
      batches.at(-1)?.push(head);
      room -= head.entries.length;
      rest = tail;
    }
  }
  return batches;
}

/**
 * Runs that are flushed beside each other, a partition in one of them: one lane, or two of about the same
 * number of entries, which is at least `laneEntries` on average.
 */
export function lanesOf<E extends StreamEntry>(runs: Runs<E>, laneEntries: number): Run<E>[][] {
  const found = runs.filter(({ entries }) => entries.length > 0);
  const total = found.reduce((sum, { entries }) => sum + entries.length, 0);
  if (found.length < 2 || total < 2 * laneEntries) return [found];
  const lanes: [Run<E>[], Run<E>[]] = [[], []];
  const sizes: [number, number] = [0, 0];
  for (const run of found.sort((a, b) => b.entries.length - a.entries.length)) {
    const lighter = sizes[0] <= sizes[1] ? 0 : 1;
    lanes[lighter].push(run);
    sizes[lighter] += run.entries.length;
  }
  return lanes;
}

/** Two halves of a batch of at least two entries. */
export function halves(runs: Runs<ReadEntry>): Run[][] {
  const count = runs.reduce((sum, run) => sum + run.entries.length, 0);
  return batchesOf(runs, Math.ceil(count / 2));
}

function cut<E extends StreamEntry>(run: Run<E>, size: number): [Run<E>, Run<E> | undefined] {
  const head = { ...run, entries: run.entries.slice(0, size) };
  const last = head.entries.at(-1);
  if (last === undefined || run.entries.length <= size) return [head, undefined];
  return [head, { ...run, after: last.id, entries: run.entries.slice(size) }];
}
