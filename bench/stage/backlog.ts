/** How far the ledger is behind the journals. */
import { keys } from '../../engine/index.ts';
import { waitUntil } from '../../scripts/processes.mjs';
import type { Stage } from './stage.ts';

const LOOK_EVERY_MS = 5;
const DRAINED_MS = 300_000;

/** The id of each journal's newest entry; a partition without any is left out. */
async function newestIds({ redis, partitions }: Stage): Promise<Map<number, string>> {
  const pipeline = redis.pipeline();
  for (let p = 0; p < partitions; p += 1) pipeline.xrevrange(keys.journal(p), '+', '-', 'COUNT', 1);
  const replies = (await pipeline.exec()) ?? [];
  return new Map(
    replies.flatMap(([, found], p) => {
      const [newest] = found as [string, string[]][];
      return newest === undefined ? [] : [[p, newest[0]] as const];
    }),
  );
}

async function committedIds({ sql }: Stage): Promise<Map<number, string>> {
  const rows = await sql<{ partition: number; id: string }[]>`
    SELECT partition, stream_id AS id FROM journal_cursors`;
  return new Map(rows.map(({ partition, id }) => [partition, id]));
}

/** Resolves when all that is in the journals now is in the ledger. */
export async function flushed(stage: Stage): Promise<void> {
  const newest = await newestIds(stage);
  const isDone = async () => {
    const committed = await committedIds(stage);
    return [...newest].every(([p, id]) => isAt(committed.get(p) ?? '0-0', id));
  };
  if (!(await waitUntil(isDone, DRAINED_MS, LOOK_EVERY_MS))) {
    throw new Error(`the journals are not flushed after ${DRAINED_MS / 1000} s`);
  }
}

/** Begins with a complete ledger: what went before is not for this work to pay for. */
export async function caughtUp<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
  await flushed(stage);
  return work();
}

/** How much younger the newest entry of a journal is than the newest committed one, at most, in ms. */
export async function behindMs(stage: Stage): Promise<number> {
  const committed = await committedIds(stage);
  const newest = await newestIds(stage);
  const behind = [...newest].map(([p, id]) => msOf(id) - msOf(committed.get(p) ?? '0-0'));
  return Math.max(0, ...behind);
}

function isAt(committed: string, wanted: string): boolean {
  const [ms, n] = [msOf(committed) - msOf(wanted), numberOf(committed) - numberOf(wanted)];
  return ms > 0 || (ms === 0 && n >= 0);
}

function msOf(id: string): number {
  return Number(id.split('-')[0]);
}

function numberOf(id: string): number {
  return Number(id.split('-')[1]);
}
