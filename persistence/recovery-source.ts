/**
 * What the recovery gate asks the ledger (design, section 7): the one lock, the fence of a cursor,
 * draining the surviving journal, and everything a partition is rebuilt from.
 */
import type { KeyObject } from 'node:crypto';
import {
  type LedgerHold,
  type LedgerWallet,
  OutageError,
  type RecoverySource,
  unpackHoldState,
} from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { drain, settled } from './flusher/drain.ts';
import type { Followers } from './flusher/followers.ts';
import { walletState } from './ledger-source.ts';
import { overruled, quarantine, restored } from './overruled.ts';
import { orOutage } from './postgres-errors.ts';

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
    drain: (partition, entries, epoch) =>
      drain({ sql, chainKey, followers }, partition, entries, epoch),
    overruled: (partition) => overruled(sql, partition),
    restored: (partition, epoch, records) => restored(sql, partition, epoch, records),
    quarantine: (partition, epoch, ids) => quarantine(sql, partition, epoch, ids),
    settled: (partition, entries) => settled(sql, partition, entries),
    walletPages: (partition, pageSize) => walletPages(sql, partition, pageSize),
    openHolds: (partition) => openHolds(sql, partition),
    holdsTouchedAfter: (walletId, sequence) => holdsTouchedAfter(sql, walletId, sequence),
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
      WHERE state IN ('authorized', 'live', 'final') AND kind = 'call' GROUP BY partition
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

async function* walletPages(
  sql: Sql,
  partition: number,
  pageSize: number,
): AsyncGenerator<LedgerWallet[]> {
  let after = '';
  for (;;) {
    const rows = await orOutage(sql<
      { walletId: string; sequence: number; state: Buffer; quarantined: boolean }[]
    >`
      SELECT wallet_id AS "walletId", sequence, state, quarantined FROM wallet_snapshots
      WHERE partition = ${partition} AND wallet_id > ${after}
      ORDER BY wallet_id LIMIT ${pageSize}`);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => ({ ...row, state: walletState(row) }));
    after = last.walletId;
  }
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
      WHERE partition = ${partition} AND id > ${after} AND state IN ('authorized', 'live', 'final')
      ORDER BY id LIMIT ${HOLD_PAGE}`);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield* rows.map(unpacked);
    after = last.holdId;
  }
}

async function holdsTouchedAfter(
  sql: Sql,
  walletId: string,
  sequence: number,
): Promise<LedgerHold[]> {
  const rows = await orOutage(sql<HoldRow[]>`
    SELECT id AS "holdId", snapshot FROM holds WHERE id IN (
      SELECT hold_id FROM ledger_entries
      WHERE wallet_id = ${walletId} AND sequence > ${sequence} AND hold_id IS NOT NULL)`);
  return rows.map(unpacked);
}
