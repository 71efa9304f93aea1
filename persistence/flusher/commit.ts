/**
 * One batch, one transaction (design, section 6): cursors, rows, snapshots, holds, keys, quarantine.
 *
 * The cursor moves in the same transaction as the rows, by compare-and-set on (old id, epoch), so a
 * crash anywhere repeats nothing and loses nothing, and whoever reads under an old epoch commits
 * nothing. All statements are sent without waiting for one another, those of what follows from the batch
 * (followers.ts) behind them; the counts are checked before the commit.
 */
import type { Sql, Transaction } from '../connect.ts';
import { transaction } from '../transaction.ts';
import type { Batch } from './batch.ts';
import { FollowerFailed, type Followers, runFollowers, runFollowersBoldly } from './followers.ts';
import {
  claimKeys,
  conflictingKeys,
  quarantineEntry,
  quarantineWallets,
  recordKeyConflict,
} from './key-statements.ts';
import {
  type CursorMove,
  insertRows,
  keepHolds,
  moveCursors,
  moveSnapshots,
} from './statements.ts';

/** The batch was made from what is no longer so: another process moved on. Read again. */
export class StaleBatch extends Error {
  readonly what: 'cursor' | 'snapshot';
  constructor(what: 'cursor' | 'snapshot') {
    super(`the batch is stale: a ${what} moved`);
    this.name = 'StaleBatch';
    this.what = what;
  }
}

/** Called before each statement and after the commit; a test throws from it to stop there. */
export type Checkpoint = (statement: string) => void;

const ignore: Checkpoint = () => undefined;

export interface CommitOptions {
  checkpoint?: Checkpoint | undefined;
  followers?: Followers | undefined;
}

/**
 * Writes a batch.
 * @returns the number of natural keys that were taken by another mutation
 * @throws StaleBatch when a cursor or snapshot is not where the batch was read from
 */
export async function commitBatch(
  sql: Sql,
  batch: Batch,
  cursors: readonly CursorMove[],
  options: CommitOptions = {},
): Promise<number> {
  const { checkpoint = ignore } = options;
  const write = (bold: boolean) =>
    transaction(sql, (tx) => writeBatch(tx, batch, cursors, options, bold));
  const conflicts = await write(true).catch((error: unknown) => {
    // Nothing of it stands: again, so that the follower alone is left out.
    if (error instanceof FollowerFailed) return write(false);
    throw error;
  });
  checkpoint('committed');
  return conflicts;
}

/**
 * The statements of `commitBatch`, for a caller that has a transaction of its own.
 * @param bold a follower's failure is thrown, as FollowerFailed
 */
export async function writeBatch(
  tx: Transaction,
  batch: Batch,
  cursors: readonly CursorMove[],
  { checkpoint = ignore, followers }: CommitOptions = {},
  bold = false,
): Promise<number> {
  const snapshots = [...batch.snapshots.values()];
  const holds = [...batch.holds.values()];
  const pending: Promise<unknown>[] = [];
  const send = <T>(name: string, statement: () => Promise<T>): Promise<T> => {
    checkpoint(name);
    const sent = statement();
    // It may fail while an earlier one is awaited; unheard, that would end the process.
    sent.catch(() => undefined);
    pending.push(sent);
    return sent;
  };
  try {
    const cursorsMoved =
      cursors.length === 0 ? Promise.resolve(0) : send('cursors', () => moveCursors(tx, cursors));
    if (batch.rows.length > 0) send('rows', () => insertRows(tx, batch.rows));
    const snapshotsMoved =
      snapshots.length === 0
        ? Promise.resolve(0)
        : send('snapshots', () => moveSnapshots(tx, snapshots));
    if (holds.length > 0) send('holds', () => keepHolds(tx, holds));
    const claimed = sendKeys(tx, batch, send);
    sendQuarantine(tx, batch, send);
    if (bold && followers !== undefined) {
      send('followers', () => runFollowersBoldly(tx, batch, followers));
    }
    if ((await cursorsMoved) !== cursors.length) throw new StaleBatch('cursor');
    if ((await snapshotsMoved) !== snapshots.length) throw new StaleBatch('snapshot');
    await Promise.all(pending);
    if (!bold && followers !== undefined) {
      checkpoint('followers');
      await runFollowers(tx, batch, followers);
    }
    checkpoint('commit');
    return (await claimed) === batch.naturalKeys.length ? 0 : await recordConflicts(tx, batch);
  } finally {
    // After a throw the rest still answers, and the rollback must come after it.
    await Promise.allSettled(pending);
  }
}

type Send = <T>(name: string, statement: () => Promise<T>) => Promise<T>;

function sendKeys(tx: Transaction, { naturalKeys }: Batch, send: Send): Promise<number> {
  if (naturalKeys.length === 0) return Promise.resolve(0);
  return send('natural_keys', () => claimKeys(tx, naturalKeys));
}

function sendQuarantine(tx: Transaction, batch: Batch, send: Send): void {
  for (const entry of batch.quarantine) send('quarantine', () => quarantineEntry(tx, entry));
  const walletIds = [...batch.quarantinedWallets];
  if (walletIds.length > 0) send('quarantine_wallets', () => quarantineWallets(tx, walletIds));
}

/** A key that was not new is a repeat of its own mutation, or a conflict. */
async function recordConflicts(tx: Transaction, batch: Batch): Promise<number> {
  const conflicts = await conflictingKeys(tx, batch.naturalKeys);
  for (const conflict of conflicts) await recordKeyConflict(tx, conflict);
  return conflicts.length;
}
