/**
 * The checks behind `ringfence verify`: ledger rows, snapshots, holds and Redis agree.
 *
 * Postgres is read page by page, each page in one repeatable-read transaction; Redis is read after
 * it, and the journal after Redis, so a running system can be verified without stopping it.
 */
import type { KeyObject } from 'node:crypto';
import type { Journal, WalletState } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { transaction } from '../transaction.ts';
import { compareRedis } from './compare-redis.ts';
import { collector, type Difference, type Report } from './difference.ts';
import { JournalTail } from './journal-tail.ts';
import {
  readOpenHolds,
  readRows,
  readSnapshots,
  type SnapshotRow,
  type VerifyFilter,
} from './read-page.ts';
import { NOTHING_YET, type Replayed, replayRow, startingAt } from './replay.ts';

export interface VerifyInput extends VerifyFilter {
  sql: Sql;
  chainKey: KeyObject;
  /** Left out: only Postgres is checked. */
  redis?: {
    /** Wallets that Redis holds now; it need not hold all. */
    peekWallets(partition: number, ids: readonly string[]): Promise<Map<string, WalletState>>;
    journal: Pick<Journal, 'range'>;
  };
  /** Told after each page. */
  progress?: (sofar: VerifyProgress) => void;
}

export interface VerifyProgress {
  wallets: number;
  entries: number;
  /** Wallets that Redis held and that were compared with it. */
  inRedis: number;
}

const WALLET_PAGE = 500;
const ROW_PIECE = 2_000;
const RETRIES = 5;

/** Yields every difference; memory stays bounded by one page. */
export async function* verify(input: VerifyInput): AsyncGenerator<Difference, VerifyProgress> {
  const progress: VerifyProgress = { wallets: 0, entries: 0, inRedis: 0 };
  for (const { partition, cursor } of await partitionsOf(input)) {
    const tail = input.redis && new JournalTail(input.redis.journal, partition, cursor);
    let after = '';
    for (;;) {
      const page = await verifyPage(input, partition, after, tail);
      yield* page.found;
      if (page.last === undefined) break;
      after = page.last;
      progress.wallets += page.wallets;
      progress.entries += page.entries;
      progress.inRedis += page.inRedis;
      input.progress?.({ ...progress });
    }
  }
  if (input.walletId === undefined) yield* ownerlessRows(input.sql);
  return progress;
}

async function partitionsOf({ sql, walletId }: VerifyInput) {
  return sql<{ partition: number; cursor: string }[]>`
    SELECT page.partition, coalesce(cursor.stream_id, '0-0') AS cursor
    FROM (
      SELECT DISTINCT partition FROM wallet_snapshots
      WHERE ${walletId ?? null}::text IS NULL OR wallet_id = ${walletId ?? null}
    ) AS page LEFT JOIN journal_cursors AS cursor USING (partition)
    ORDER BY page.partition`;
}

interface PageResult {
  last: string | undefined;
  wallets: number;
  entries: number;
  inRedis: number;
  found: Difference[];
}

/** A page is read again when Redis moved in a way the journal does not explain yet. */
async function verifyPage(
  input: VerifyInput,
  partition: number,
  after: string,
  tail: JournalTail | undefined,
): Promise<PageResult> {
  for (let attempt = 1; ; attempt += 1) {
    const page = await readAndCheck(input, partition, after, tail);
    const unsettled = page.found.some(({ what }) => what.startsWith('redis '));
    if (!unsettled || attempt === RETRIES) return page;
  }
}

async function readAndCheck(
  input: VerifyInput,
  partition: number,
  after: string,
  tail: JournalTail | undefined,
): Promise<PageResult> {
  const { found, report } = collector();
  const page = await transaction(
    input.sql,
    async (tx) => {
      const snapshots = await readSnapshots(tx, partition, after, input, WALLET_PAGE);
      const walletIds = snapshots.map((snapshot) => snapshot.walletId);
      const entries = await checkLedger(tx, input, snapshots, report);
      return { snapshots, entries, holds: await readOpenHolds(tx, walletIds) };
    },
    'ISOLATION LEVEL REPEATABLE READ READ ONLY',
  );
  for (const { walletId, heldMicros, quarantined } of page.snapshots) {
    const held = [...(page.holds.get(walletId)?.values() ?? [])].reduce((a, b) => a + b, 0);
    report(walletId, 'held by open holds', held, heldMicros);
    report(walletId, 'quarantined', false, quarantined);
  }
  const inRedis = tail ? await checkRedis(input, partition, page, tail, report) : 0;
  const { snapshots, entries } = page;
  return { last: snapshots.at(-1)?.walletId, wallets: snapshots.length, entries, inRedis, found };
}

async function checkLedger(
  tx: Transaction,
  input: VerifyInput,
  snapshots: readonly SnapshotRow[],
  report: Report,
): Promise<number> {
  const replayed = new Map<string, Replayed>();
  let entries = 0;
  const walletIds = snapshots.map((snapshot) => snapshot.walletId);
  for await (const rows of readRows(tx, walletIds, input, ROW_PIECE)) {
    entries += rows.length;
    for (const row of rows) {
      const before = replayed.get(row.walletId);
      const trusted = input.since !== undefined && row.createdAtMs < input.since.getTime();
      const next = trusted
        ? startingAt(row)
        : replayRow(before ?? NOTHING_YET, row, input.chainKey, report);
      replayed.set(row.walletId, next);
    }
  }
  for (const snapshot of snapshots) {
    const last = replayed.get(snapshot.walletId);
    if (last !== undefined || input.since === undefined) {
      checkSnapshot(snapshot, last ?? NOTHING_YET, report);
    }
  }
  return entries;
}

function checkSnapshot(snapshot: SnapshotRow, last: Replayed, report: Report): void {
  const { walletId, state } = snapshot;
  report(walletId, 'snapshot sequence', last.sequence, snapshot.sequence);
  report(walletId, 'snapshot posted', last.postedMicros, snapshot.postedMicros);
  report(walletId, 'snapshot held', last.heldMicros, snapshot.heldMicros);
  report(walletId, 'snapshot hash', last.hash.toString('hex'), snapshot.chainHash.toString('hex'));
  report(walletId, 'packed sequence', snapshot.sequence, state.sequence);
  report(walletId, 'packed posted', snapshot.postedMicros, state.postedMicros);
  report(walletId, 'packed held', snapshot.heldMicros, state.heldMicros);
}

async function checkRedis(
  { redis }: VerifyInput,
  partition: number,
  page: { snapshots: readonly SnapshotRow[]; holds: Map<string, Map<string, number>> },
  tail: JournalTail,
  report: Report,
): Promise<number> {
  if (redis === undefined || page.snapshots.length === 0) return 0;
  const ids = page.snapshots.map((snapshot) => snapshot.walletId);
  const wallets = await redis.peekWallets(partition, ids);
  await tail.readOn();
  for (const snapshot of page.snapshots) {
    const { walletId, sequence, quarantined } = snapshot;
    if (quarantined) continue;
    const wallet = wallets.get(walletId);
    const unflushed = Math.max(sequence, tail.lastSequence(walletId));
    if (wallet === undefined) {
      // Absent is fine as long as Postgres has everything: it loads on demand.
      report(walletId, 'redis absent, sequence', unflushed, sequence);
      continue;
    }
    const rows = tail.rows(walletId, sequence, wallet.sequence);
    compareRedis(snapshot, wallet, rows, page.holds.get(walletId) ?? new Map(), report);
  }
  return wallets.size;
}

/** Ledger rows of wallets that have no snapshot. */
async function* ownerlessRows(sql: Sql): AsyncGenerator<Difference> {
  const rows = await sql<{ walletId: string; entries: number }[]>`
    SELECT wallet_id AS "walletId", count(*) AS entries FROM ledger_entries AS row
    WHERE NOT EXISTS (
      SELECT 1 FROM wallet_snapshots AS snapshot WHERE snapshot.wallet_id = row.wallet_id)
    GROUP BY wallet_id ORDER BY wallet_id LIMIT 1000`;
  for (const { walletId, entries } of rows) {
    yield { walletId, what: 'rows without a wallet', expected: '0', found: String(entries) };
  }
}
