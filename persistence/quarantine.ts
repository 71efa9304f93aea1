/**
 * Wallets in quarantine, and their way back.
 *
 * Release replays the waiting entries of a wallet, and of every wallet that waits together with it,
 * in the order of their streams. Entries that now follow the ledger go in as they are. After a fork
 * they cannot: both branches did happen, so the operator may let them be re-based, which keeps
 * their amounts and gives them the next sequences. Redis is then behind the ledger and must be
 * recovered (close the gate).
 */
import type { KeyObject } from 'node:crypto';
import type { Sql, Transaction } from './connect.ts';
import { planBatch } from './flusher/batch.ts';
import { writeBatch } from './flusher/commit.ts';
import { compareStreamIds, type ReadEntry, readEntry } from './flusher/entry.ts';
import type { Followers } from './flusher/followers.ts';
import { readLedger } from './flusher/read-ledger.ts';
import { type Decision, recordAction } from './operator-actions.ts';
import { rebase } from './rebase/rebase.ts';
import { readStates } from './rebase/states.ts';
import { transaction } from './transaction.ts';

export interface WaitingEntry {
  id: number;
  partition: number;
  streamId: string;
  kind: string;
  mutationId: string;
  walletIds: string[];
  detail: string;
  payload: Buffer;
}

export type ReleaseAnswer =
  | { status: 'released'; walletIds: string[]; entries: number; rebased: boolean }
  | { status: 'not_quarantined' }
  /** The entry that does not follow the ledger, and why. Nothing was changed. */
  | { status: 'does_not_follow'; mutationId: string; kind: string; detail: string };

/** Entries that wait, oldest first; natural-key conflicts are recorded too, though they went in. */
export function listQuarantine(sql: Sql, limit = 100): Promise<WaitingEntry[]> {
  return sql<WaitingEntry[]>`
    SELECT id, partition, stream_id AS "streamId", kind, mutation_id AS "mutationId",
           wallet_ids AS "walletIds", detail, payload
    FROM ledger_quarantine WHERE released_at IS NULL ORDER BY id LIMIT ${limit}`;
}

export interface ReleaseOptions {
  /** Renumbers entries that do not follow the ledger. */
  rebase?: boolean;
  /** Recorded with the release. */
  decision?: Decision;
  /** What follows from the rows, in the same transaction. */
  followers?: Followers;
}

/**
 * Releases a wallet and those that wait with it, in one transaction. Redis has to be restored from the
 * ledger afterwards.
 */
export async function releaseWallet(
  sql: Sql,
  chainKey: KeyObject,
  walletId: string,
  options: ReleaseOptions = {},
): Promise<ReleaseAnswer> {
  return transaction(sql, async (tx) => {
    const partition = await lockPartition(tx, walletId);
    if (partition === undefined) return { status: 'not_quarantined' };
    const { walletIds, waiting } = await waitingWith(tx, partition, walletId);
    const reads = inOrder(partition, waiting);
    const ledger = await readLedger(tx, reads);
    for (const head of ledger.heads.values()) head.quarantined = false;
    const entries = options.rebase
      ? rebase(reads, ledger, await readStates(tx, partition, walletIds, reads))
      : reads;
    const batch = planBatch(entries, ledger, chainKey);
    const [stuck] = batch.quarantine;
    if (stuck !== undefined) {
      const mutationId = stuck.read.entry?.mutationId ?? '';
      return { status: 'does_not_follow', mutationId, kind: stuck.kind, detail: stuck.detail };
    }
    await markReleased(tx, walletIds, waiting);
    await writeBatch(tx, batch, [], { followers: options.followers });
    const rebased = entries.some((entry, index) => entry !== reads[index]);
    if (options.decision !== undefined) {
      const records = waiting.map(({ id }) => id);
      const details = { wallet_ids: walletIds, records, rebased };
      await recordAction(tx, { ...options.decision, command: 'quarantine release', details });
    }
    return { status: 'released', walletIds, entries: reads.length, rebased };
  });
}

/**
 * Closes the record of something that no release can replay: a key used twice (its rows are in the
 * ledger), or bytes that name no wallet.
 * @returns false when there is no such open record, or when wallets wait for it
 */
export async function acknowledgeRecord(
  sql: Sql,
  id: number,
  decision?: Decision,
): Promise<boolean> {
  return transaction(sql, async (tx) => {
    const closed = await tx`
      UPDATE ledger_quarantine SET released_at = now()
      WHERE id = ${id} AND released_at IS NULL
        AND (kind = 'natural_key' OR cardinality(wallet_ids) = 0)`;
    if (closed.count !== 1) return false;
    if (decision !== undefined) {
      const details = { record: id };
      await recordAction(tx, { ...decision, command: 'quarantine acknowledge', details });
    }
    return true;
  });
}

/**
 * Holding the cursor's row keeps the partition's flusher out until we commit. The epoch is raised, so
 * that neither a batch that was planned before the release nor a recovery that restored what was
 * before it can be committed after it.
 */
async function lockPartition(tx: Transaction, walletId: string): Promise<number | undefined> {
  const [row] = await tx<{ partition: number }[]>`
    SELECT partition FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  if (row === undefined) return undefined;
  await tx`UPDATE journal_cursors SET epoch = epoch + 1 WHERE partition = ${row.partition}`;
  const [wallet] = await tx<{ quarantined: boolean }[]>`
    SELECT quarantined FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  return wallet?.quarantined ? row.partition : undefined;
}

/** Wallets that share waiting entries wait together: an entry goes in whole or not at all. */
async function waitingWith(
  tx: Transaction,
  partition: number,
  walletId: string,
): Promise<{ walletIds: string[]; waiting: WaitingEntry[] }> {
  const walletIds = new Set([walletId]);
  for (;;) {
    const waiting = await tx<WaitingEntry[]>`
      SELECT id, partition, stream_id AS "streamId", kind, mutation_id AS "mutationId",
             wallet_ids AS "walletIds", detail, payload
      FROM ledger_quarantine
      WHERE partition = ${partition} AND released_at IS NULL AND kind <> 'natural_key'
        AND wallet_ids && ${[...walletIds]}::text[]`;
    const before = walletIds.size;
    for (const entry of waiting) for (const id of entry.walletIds) walletIds.add(id);
    if (walletIds.size === before) return { walletIds: [...walletIds], waiting };
  }
}

/**
 * Each entry once: a recovery reads the retained journal again, and sets aside as `behind` what was set
 * aside as a fork before.
 */
function inOrder(partition: number, waiting: readonly WaitingEntry[]): ReadEntry[] {
  const entries = new Map(
    waiting.map((entry) => [`${entry.streamId} ${entry.mutationId}`, entry] as const),
  );
  return [...entries.values()]
    .sort((a, b) => compareStreamIds(a.streamId, b.streamId))
    .map(({ streamId, payload }) => readEntry(partition, { id: streamId, payload }));
}

async function markReleased(
  tx: Transaction,
  walletIds: string[],
  waiting: readonly WaitingEntry[],
): Promise<void> {
  const ids = waiting.map((entry) => entry.id);
  await tx`
    UPDATE wallet_snapshots SET quarantined = false
    WHERE wallet_id = ANY(${walletIds}::text[])`;
  await tx`
    UPDATE ledger_quarantine SET released_at = now(), restored_at = NULL
    WHERE id = ANY(${ids}::bigint[])`;
}
