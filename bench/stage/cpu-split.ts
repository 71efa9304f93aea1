/**
 * Whose CPU a load takes, in % of one core. Where everything shares few cores, this says what the
 * limit is: a sum near the number of cores leaves none for more.
 */
import { type Figure, figure } from '../figures.ts';
import { cpuMsOf } from './cpu.ts';
import type { FlusherProcess } from './flusher.ts';
import type { Stage } from './stage.ts';

type Program = readonly [name: string, pids: readonly number[]];

export interface Split<T> {
  readonly result: T;
  readonly figures: Figure[];
}

/** @param programs beside Redis, Postgres and the flusher; this process too, if it is to count */
export async function cpuSplit<T>(
  what: string,
  stage: Stage,
  flusher: FlusherProcess,
  programs: readonly Program[],
  work: () => Promise<T>,
): Promise<Split<T>> {
  const all: Program[] = [
    ...programs,
    ['Redis', [stage.redisPid]],
    ['the flusher', [flusher.pid]],
    ['Postgres', await postgresPids(stage)],
  ];
  const before = all.map(([, pids]) => spent(pids));
  const from = performance.now();
  const result = await work();
  const elapsedMs = performance.now() - from;
  const figures = all.map(([name, pids], at) => {
    const share = ((spent(pids) - (before[at] ?? 0)) / elapsedMs) * 100;
    return figure(`${what}: CPU of ${name}`, '%', Math.max(0, share));
  });
  return { result, figures };
}

function spent(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

/** Its backends and workers; those that begin later are missed, and pools are full by now. */
async function postgresPids({ sql }: Stage): Promise<number[]> {
  const rows = await sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity`;
  return rows.map(({ pid }) => pid);
}
