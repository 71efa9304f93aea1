/**
 * What the recovery gate asks the ledger (design, section 7): the one lock, the fence of a cursor,
 * draining the surviving journal, and everything a partition is rebuilt from.
 */
import type { KeyObject } from 'node:crypto';
import {
  type LedgerHold,
  OutageError,
  type RecoverySource,
  unpackHoldState,
  type WalletAt,
} from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { drain, settled } from './flusher/drain.ts';
import type { Followers } from './flusher/followers.ts';
import { postgresTime } from './inspect.ts';
import { overruled, quarantine, restored } from './overruled.ts';
import { orOutage } from './postgres-errors.ts';
import { estimateWallets, walletPages, walletsOf } from './recovery-wallets.ts';

/** Any constant will do, as long as nothing else in the database locks on it. */
const RECOVERY_LOCK = 7_246_003;
const HOLD_PAGE = 500;

/**
 * @param openLock opens a pool of one connection, for the session lock
 * @param followers those of the flusher: what is drained is taken into the ledger like any other entry
 */
export function createRecoverySource(
  sql: Sql,
  chainKey: KeyObject,
  openLock: () => Sql,
  followers?: Followers,
): RecoverySource {
  return {
    exclusively: (work) => exclusively(openLock, work),
    partitionsInOrder: (count) => partitionsInOrder(sql, count),
    fence: (partition) => fence(sql, partition),
    nowMs: () => orOutage(postgresTime(sql)),
    drain: (partition, entries, epoch) =>
      drain({ sql, chainKey, followers }, partition, entries, epoch),
    overruled: (partition) => overruled(sql, partition),
    restored: (partition, epoch, records) => restored(sql, partition, epoch, records),
    quarantine: (partition, epoch, ids) => quarantine(sql, partition, epoch, ids),
    settled: (partition, entries) => settled(sql, partition, entries),
    estimateWallets: (partitions) => estimateWallets(sql, partitions),
    walletPages: (partition, pageSize) => walletPages(sql, partition, pageSize),
    walletsOf: (partition, ids) => walletsOf(sql, partition, ids),
    openHolds: (partition) => openHolds(sql, partition),
    holdsTouchedAfter: (wallets) => holdsTouchedAfter(sql, wallets),
  };
}

/**
 * The lock lives as long as its session: a process that dies gives it up. The session is reserved,
 * or the pool would close it for idleness in the middle of a long recovery.
 */
async function exclusively<T>(openLock: () => Sql, work: () => Promise<T>): Promise<T> {
  const pool = openLock();
  try {
    // The driver hands out a reserved connection only once it is open.
    await orOutage(pool`SELECT 1`);
    const session = await orOutage(pool.reserve());
    try {
      await orOutage(session`SELECT pg_advisory_lock(${RECOVERY_LOCK})`);
      return await work();
    } finally {
      session.release();
    }
  } finally {
    await pool.end({ timeout: 1 });
  }
}

async function partitionsInOrder(sql: Sql, count: number): Promise<number[]> {
  const rows = await orOutage(sql<{ partition: number }[]>`
    SELECT all_of_them.partition
    FROM generate_series(0, ${count}::int - 1) AS all_of_them (partition)
    LEFT JOIN (
      SELECT partition, count(*) AS calls FROM holds
      WHERE closed_at IS NULL AND kind = 'call' GROUP BY partition
    ) AS open USING (partition)
    ORDER BY coalesce(open.calls, 0) DESC, all_of_them.partition`);
  return rows.map((row) => row.partition);
}

async function fence(sql: Sql, partition: number): Promise<{ cursor: string; epoch: number }> {
  const [row] = await orOutage(sql<{ cursor: string; epoch: number }[]>`
    INSERT INTO journal_cursors AS cursor (partition, epoch) VALUES (${partition}, 1)
    ON CONFLICT (partition) DO UPDATE SET epoch = cursor.epoch + 1, updated_at = now()
    RETURNING stream_id AS cursor, epoch`);
  if (row === undefined) throw new OutageError('postgres_unreachable');
  return row;
}

interface HoldRow {
  holdId: string;
  snapshot: Buffer;
}

const unpacked = ({ holdId, snapshot }: HoldRow): LedgerHold => ({
  holdId,
  hold: unpackHoldState(snapshot),
});

async function* openHolds(sql: Sql, partition: number): AsyncGenerator<LedgerHold> {
  let after = '';
  for (;;) {
    const rows = await orOutage(sql<HoldRow[]>`
      SELECT id AS "holdId", snapshot FROM holds
      WHERE partition = ${partition} AND id > ${after} AND closed_at IS NULL
      ORDER BY id LIMIT ${HOLD_PAGE}`);
    yield* rows.map(unpacked);
    const last = rows.at(-1);
    if (last === undefined || rows.length < HOLD_PAGE) return;
    after = last.holdId;
  }
}

async function holdsTouchedAfter(sql: Sql, wallets: readonly WalletAt[]): Promise<LedgerHold[]> {
  const rows = await orOutage(sql<HoldRow[]>`
    SELECT id AS "holdId", snapshot FROM holds WHERE id IN (
      SELECT entry.hold_id
      FROM unnest(
        ${wallets.map((wallet) => wallet.walletId)}::text[],
        ${wallets.map((wallet) => wallet.sequence)}::bigint[]
      ) AS wallet (id, sequence)
      JOIN ledger_entries AS entry
        ON entry.wallet_id = wallet.id AND entry.sequence > wallet.sequence
      WHERE entry.hold_id IS NOT NULL)`);
  return rows.map(unpacked);
}
