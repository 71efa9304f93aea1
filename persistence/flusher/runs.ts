/** Cutting runs of entries into batches. Pure. */
import type { Run } from './positions.ts';

/** Batches of at most `size` entries, in partition order and, within a partition, stream order. */
export function batchesOf(runs: readonly Run[], size: number): Run[][] {
  const batches: Run[][] = [];
  let room = 0;
  for (const run of [...runs].sort((a, b) => a.partition - b.partition)) {
    let rest: Run | undefined = run.entries.length > 0 ? run : undefined;
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

/** Two halves of a batch of at least two entries. */
export function halves(runs: readonly Run[]): Run[][] {
  const count = runs.reduce((sum, run) => sum + run.entries.length, 0);
  return batchesOf(runs, Math.ceil(count / 2));
}

function cut(run: Run, size: number): [Run, Run | undefined] {
  const head = { ...run, entries: run.entries.slice(0, size) };
  const last = head.entries.at(-1);
  if (last === undefined || run.entries.length <= size) return [head, undefined];
  return [head, { ...run, after: last.id, entries: run.entries.slice(size) }];
}
