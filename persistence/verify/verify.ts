/**
 * The checks behind `ringfence verify`: ledger rows, snapshots, holds, keys of requests, the books,
 * digests and Redis agree. Each check is a generator of its own; a few run at a time.
 */
import { checkBooks } from './books.ts';
import type { Difference } from './difference.ts';
import { checkPublished } from './digests.ts';
import { checkHolds } from './holds.ts';
import type { Task, VerifyInput, VerifyProgress } from './input.ts';
import { interleave } from './interleave.ts';
import { checkNaturalKeys, checkRetained } from './mutations.ts';
import { checkPayments } from './payments.ts';
import { checkPlaces } from './places.ts';
import { checkWallets } from './wallets.ts';

const PARALLEL = 2;

/** Yields every difference; memory stays bounded by one page per check that runs. */
export async function* verify(input: VerifyInput): AsyncGenerator<Difference, VerifyProgress> {
  const progress: VerifyProgress = {
    wallets: 0,
    entries: 0,
    inRedis: 0,
    witnesses: 0,
    entriesInAll: await entriesInAll(input),
    trusted: { nothing: 0, digest: 0, storedHash: 0 },
  };
  const task: Task = { input, progress };
  const checks = (await partitionsOf(input)).flatMap(({ partition, cursor }) => [
    () => checkWallets(task, partition, cursor),
    () => checkHolds(task, partition),
    () => checkRetained(task, partition, cursor),
  ]);
  checks.push(() => checkPlaces(task));
  checks.push(() => checkNaturalKeys(task));
  checks.push(() => checkPublished(task));
  if (input.walletIds === undefined) {
    checks.push(() => checkBooks(task));
    checks.push(() => checkPayments(task));
  }
  yield* interleave(checks, input.parallel ?? PARALLEL);
  return progress;
}

async function partitionsOf({ sql, walletIds }: VerifyInput) {
  const only = walletIds === undefined ? null : [...walletIds];
  return sql<{ partition: number; cursor: string }[]>`
    SELECT page.partition, coalesce(cursor.stream_id, '0-0') AS cursor
    FROM (
      SELECT DISTINCT partition FROM wallet_snapshots
      WHERE ${only}::text[] IS NULL OR wallet_id = ANY(${only}::text[])
    ) AS page LEFT JOIN journal_cursors AS cursor USING (partition)
    ORDER BY page.partition`;
}

/** A wallet has as many rows as its sequence says. */
async function entriesInAll({ sql, walletIds }: VerifyInput): Promise<number> {
  const only = walletIds === undefined ? null : [...walletIds];
  const [row] = await sql<{ entries: number }[]>`
    SELECT coalesce(sum(sequence), 0)::bigint AS entries FROM wallet_snapshots
    WHERE ${only}::text[] IS NULL OR wallet_id = ANY(${only}::text[])`;
  return row?.entries ?? 0;
}
