/**
 * A partition's wallets, page by page: ledger rows, snapshots, open holds and Redis agree.
 *
 * Each page of Postgres is read in one repeatable-read transaction; Redis is read after it, and the
 * journal after Redis, so a running system can be verified without stopping it.
 */
import type { Transaction } from '../connect.ts';
import { transaction } from '../transaction.ts';
import { explainAltered } from './alterations.ts';
import { compareRedis } from './compare-redis.ts';
import { collector, type Difference, type Report } from './difference.ts';
import { ONE_MOMENT, type Task, type VerifyInput } from './input.ts';
import { JournalTail } from './journal-tail.ts';
import { readOpenHolds, readRows, readSnapshots, type SnapshotRow } from './read-page.ts';
import { type Altered, NOTHING_YET, type Replayed, replayRow, replayStart } from './replay.ts';
import { count, type Start, startsOf } from './starts.ts';

const WALLET_PAGE = 500;
const ROW_PIECE = 2_000;
const RETRIES = 5;

/** @param cursor how far the partition was committed before anything else was read */
export async function* checkWallets(
  { input, progress }: Task,
  partition: number,
  cursor: string,
): AsyncGenerator<Difference, void> {
  const tail = input.redis && new JournalTail(input.redis.journal, partition, cursor);
  let after = '';
  for (;;) {
    const page = await settledPage(input, partition, after, tail);
    yield* page.found;
    if (page.last === undefined) return;
    after = page.last;
    progress.wallets += page.starts.length;
    progress.entries += page.entries;
    progress.inRedis += page.inRedis;
    count(progress.trusted, page.starts);
    input.progress?.(progress);
  }
}

interface PageResult {
  last: string | undefined;
  starts: Start[];
  entries: number;
  inRedis: number;
  found: Difference[];
}

/** A page is read again when Redis moved in a way the journal does not explain yet. */
async function settledPage(
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
      const starts = input.lastRowsOnly
        ? lastRows(snapshots)
        : await startsOf(tx, walletIds, input.since);
      const { entries, altered } = await checkLedger(tx, input, snapshots, starts, report);
      const journal = input.redis?.journal;
      const { chainKey } = input;
      await explainAltered({ tx, partition, chainKey, journal }, altered, found);
      return { snapshots, starts, entries, holds: await readOpenHolds(tx, walletIds) };
    },
    ONE_MOMENT,
  );
  for (const { walletId, heldMicros, quarantined } of page.snapshots) {
    const held = [...(page.holds.get(walletId)?.values() ?? [])].reduce((a, b) => a + b, 0);
    report(walletId, 'held by open holds', held, heldMicros);
    report(walletId, 'quarantined', false, quarantined);
  }
  const inRedis = tail ? await checkRedis(input, partition, page, tail, report) : 0;
  const last = page.snapshots.at(-1)?.walletId;
  return { last, starts: [...page.starts.values()], entries: page.entries, inRedis, found };
}

/** A snapshot stands where its wallet's last row does, or the replay from there says otherwise. */
function lastRows(snapshots: readonly SnapshotRow[]): Map<string, Start> {
  return new Map(snapshots.map(({ walletId, sequence }) => [walletId, { sequence }]));
}

async function checkLedger(
  tx: Transaction,
  input: VerifyInput,
  snapshots: readonly SnapshotRow[],
  starts: ReadonlyMap<string, Start>,
  report: Report,
): Promise<{ entries: number; altered: Altered[] }> {
  const replayed = new Map<string, Replayed>();
  const altered: Altered[] = [];
  let entries = 0;
  for await (const rows of readRows(tx, starts, ROW_PIECE)) {
    entries += rows.length;
    for (const row of rows) {
      const start = starts.get(row.walletId);
      const before = replayed.get(row.walletId);
      const next =
        before === undefined && start !== undefined && start.sequence > 0
          ? replayStart(start, row, report)
          : replayRow(before ?? NOTHING_YET, row, input.chainKey, report, (fault) => {
              altered.push(fault);
            });
      replayed.set(row.walletId, next);
    }
  }
  for (const snapshot of snapshots) {
    checkSnapshot(snapshot, replayed.get(snapshot.walletId) ?? NOTHING_YET, report);
  }
  return { entries, altered };
}

function checkSnapshot(snapshot: SnapshotRow, last: Replayed, report: Report): void {
  const { walletId, state, chainHash } = snapshot;
  report(walletId, 'snapshot sequence', last.sequence, snapshot.sequence);
  report(walletId, 'snapshot posted', last.postedMicros, snapshot.postedMicros);
  report(walletId, 'snapshot held', last.heldMicros, snapshot.heldMicros);
  if (last.computed?.equals(chainHash) !== true) {
    report(walletId, 'snapshot hash', last.hash.toString('hex'), chainHash.toString('hex'));
  }
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
  const unreadable = new Set<string>();
  const wallets = await redis.peekWallets(partition, ids, (id) => unreadable.add(id));
  await tail.readOn();
  for (const snapshot of page.snapshots) {
    const { walletId, sequence, quarantined } = snapshot;
    if (unreadable.has(walletId)) {
      report(walletId, 'redis packed state', 'a wallet', 'other bytes');
      continue;
    }
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
