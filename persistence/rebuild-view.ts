/** What an operator reads before Redis is rebuilt from the ledger. Reads only. */
import type { Journal } from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { readEntry } from './flusher/entry.ts';

/** What the ledger would put into a partition. */
export interface PartitionImage {
  wallets: number;
  openHolds: number;
  /** Of the open holds. */
  openCalls: number;
}

export async function readPartitionImages(
  sql: Sql,
  partitions: readonly number[],
): Promise<Map<number, PartitionImage>> {
  const rows = await sql<(PartitionImage & { partition: number })[]>`
    SELECT named.partition,
           (SELECT count(*) FROM wallet_snapshots AS wallet
            WHERE wallet.partition = named.partition) AS wallets,
           count(hold.id) AS "openHolds",
           count(hold.id) FILTER (WHERE hold.kind = 'call') AS "openCalls"
    FROM unnest(${[...partitions]}::int[]) AS named (partition)
    LEFT JOIN holds AS hold ON hold.partition = named.partition
      AND hold.closed_at IS NULL
    GROUP BY named.partition`;
  return new Map(rows.map(({ partition, ...image }) => [partition, image]));
}

/** Entries of a journal that the ledger does not have yet. */
export interface Unflushed {
  entries: number;
  /** Sum of the |amounts| they move; currencies are mixed. */
  micros: number;
  /** Of the oldest; undefined when there are none. */
  atMs: number | undefined;
  /** Bytes that are no entry: the drain sets them aside whole. */
  unreadable: number;
}

const PAGE = 1_000;

export async function readUnflushed(
  sql: Sql,
  journal: Pick<Journal, 'range'>,
  partition: number,
): Promise<Unflushed> {
  const [row] = await sql<{ cursor: string }[]>`
    SELECT stream_id AS cursor FROM journal_cursors WHERE partition = ${partition}`;
  const seen: Unflushed = { entries: 0, micros: 0, atMs: undefined, unreadable: 0 };
  let after = row?.cursor ?? '0-0';
  for (;;) {
    const items = await journal.range(partition, `(${after}`, '+', PAGE);
    for (const item of items) {
      const { entry } = readEntry(partition, item);
      seen.entries += 1;
      seen.atMs ??= Number(item.id.split('-')[0]);
      if (entry === undefined) seen.unreadable += 1;
      for (const { amountMicros } of entry?.rows ?? []) seen.micros += Math.abs(amountMicros);
      after = item.id;
    }
    if (items.length < PAGE) return seen;
  }
}

/** A wallet in quarantine, as the ledger has it. */
export interface QuarantinedImage {
  walletId: string;
  sequence: number;
  /** Entries of it that wait, whole, in the ledger's quarantine. */
  waiting: number;
}

/** @param only left out: all wallets of the partition */
export async function readQuarantined(
  sql: Sql,
  partition: number,
  only?: readonly string[],
): Promise<QuarantinedImage[]> {
  return sql<QuarantinedImage[]>`
    SELECT snapshot.wallet_id AS "walletId", snapshot.sequence, count(record.id) AS waiting
    FROM wallet_snapshots AS snapshot
    LEFT JOIN ledger_quarantine AS record
      ON record.wallet_ids @> ARRAY[snapshot.wallet_id] AND record.released_at IS NULL
        AND record.kind <> 'natural_key'
    WHERE snapshot.quarantined AND snapshot.partition = ${partition}
      AND (${only ? [...only] : null}::text[] IS NULL
        OR snapshot.wallet_id = ANY(${only ? [...only] : null}::text[]))
    GROUP BY snapshot.wallet_id, snapshot.sequence
    ORDER BY snapshot.wallet_id`;
}

/** Of the ids, those that are no wallet of the partition. */
export async function readStrangers(
  sql: Sql,
  partition: number,
  walletIds: readonly string[],
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT id FROM unnest(${[...walletIds]}::text[]) AS held (id)
    WHERE NOT EXISTS (
      SELECT FROM wallet_snapshots WHERE wallet_id = id AND partition = ${partition})
    ORDER BY id`;
  return rows.map(({ id }) => id);
}

export async function readOpenHoldIds(
  sql: Sql,
  partition: number,
  walletIds: readonly string[],
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT id FROM holds
    WHERE partition = ${partition} AND closed_at IS NULL
      AND wallet_ids && ${[...walletIds]}::text[]`;
  return rows.map(({ id }) => id);
}

/** By wallet, its partition; wallets that there are not are left out. */
export async function readPlaces(
  sql: Sql,
  walletIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await sql<{ walletId: string; partition: number }[]>`
    SELECT wallet_id AS "walletId", partition FROM wallet_snapshots
    WHERE wallet_id = ANY(${[...walletIds]}::text[])`;
  return new Map(rows.map(({ walletId, partition }) => [walletId, partition]));
}
