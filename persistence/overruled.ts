/** Records of the quarantine that overrule what Redis has, until the recovery gate has put it right. */
import { OutageError, type Overruled } from '../engine/index.ts';
import type { Sql, Transaction } from './connect.ts';
import { quarantineWallets } from './flusher/key-statements.ts';
import { orOutage } from './postgres-errors.ts';
import { transaction } from './transaction.ts';

export async function overruled(sql: Sql, partition: number): Promise<Overruled> {
  const rows = await orOutage(sql<{ id: number; walletIds: string[] }[]>`
    SELECT id, wallet_ids AS "walletIds" FROM ledger_quarantine
    WHERE partition = ${partition} AND restored_at IS NULL AND kind <> 'natural_key'
      AND (kind = 'fork' OR released_at IS NOT NULL)`);
  return {
    walletIds: [...new Set(rows.flatMap(({ walletIds }) => walletIds))],
    records: rows.map(({ id }) => id),
  };
}

/** Under the epoch, so that a release in between is not taken for restored: it asks for it anew. */
export async function restored(
  sql: Sql,
  partition: number,
  epoch: number,
  records: readonly number[],
): Promise<void> {
  if (records.length === 0) return;
  await underEpoch(sql, partition, epoch, async (tx) => {
    await tx`
      UPDATE ledger_quarantine SET restored_at = now()
      WHERE partition = ${partition} AND id = ANY(${[...records]}::bigint[])`;
  });
}

export async function quarantine(
  sql: Sql,
  partition: number,
  epoch: number,
  walletIds: readonly string[],
): Promise<void> {
  await underEpoch(sql, partition, epoch, (tx) => quarantineWallets(tx, [...walletIds]));
}

/** Holding the cursor's row: a release raises the epoch, and waits for us or makes us stale. */
async function underEpoch(
  sql: Sql,
  partition: number,
  epoch: number,
  work: (tx: Transaction) => Promise<void>,
): Promise<void> {
  const transacted = transaction(sql, async (tx) => {
    const fence = await tx`
      SELECT 1 FROM journal_cursors
      WHERE partition = ${partition} AND epoch = ${epoch} FOR UPDATE`;
    if (fence.count === 0) throw new OutageError('recovering');
    await work(tx);
  });
  await orOutage(transacted);
}

/** Partitions with a fork that no recovery has put right yet. */
export async function forkedPartitions(sql: Sql, partitions: readonly number[]): Promise<number[]> {
  const rows = await sql<{ partition: number }[]>`
    SELECT DISTINCT partition FROM ledger_quarantine
    WHERE partition = ANY(${[...partitions]}::int[]) AND kind = 'fork'
      AND restored_at IS NULL AND released_at IS NULL
    ORDER BY partition`;
  return rows.map((row) => row.partition);
}
