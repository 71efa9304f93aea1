/** One partition's wallets as they are now, Redis against the ledger, without a replay of their past. */
import type { Difference } from './difference.ts';
import type { Task, VerifyInput } from './input.ts';
import { checkWallets } from './wallets.ts';

/**
 * The last row of each wallet, its snapshot, its open holds and Redis are compared as `verify` compares them;
 * rows before the last are trusted. Works on a running system.
 * @param told of each difference
 * @returns how many wallets Redis holds, of those that were looked at
 */
export async function comparePartition(
  input: Pick<VerifyInput, 'sql' | 'chainKey' | 'redis' | 'walletIds'>,
  partition: number,
  told: (difference: Difference) => void,
): Promise<number> {
  const [row] = await input.sql<{ cursor: string }[]>`
    SELECT stream_id AS cursor FROM journal_cursors WHERE partition = ${partition}`;
  const progress = {
    wallets: 0,
    entries: 0,
    inRedis: 0,
    witnesses: 0,
    entriesInAll: 0,
    trusted: { nothing: 0, digest: 0, storedHash: 0 },
  };
  const task: Task = { input: { ...input, lastRowsOnly: true }, progress };
  for await (const difference of checkWallets(task, partition, row?.cursor ?? '0-0')) {
    told(difference);
  }
  return progress.inRedis;
}
