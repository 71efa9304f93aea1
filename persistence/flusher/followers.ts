/**
 * What follows from a batch and has to stand or fall with it: alerts, events for the outside, orders
 * that a crossing sets off. A follower is handed every entry that the ledger takes, in the order of
 * the ledger, inside the transaction that takes it. Its statements commit with the cursor, so what it
 * writes is written exactly once, however many flushers there are and wherever one of them dies.
 *
 * Money never waits for a follower: one that fails on its own account is undone, told of, and the batch
 * commits without it. So a follower keeps its own state where it can catch up from it: what it would
 * have decided then, it decides at the wallet's next entry. Trouble of the database (a lost connection,
 * a deadlock, a timeout) fails the batch as a whole, which is read and written again.
 */
import type { Transaction } from '../connect.ts';
import { isConnectionLost, isPostgresOutage } from '../postgres-errors.ts';
import { savepoint } from '../transaction.ts';
import type { Batch } from './batch.ts';

/** What a batch changes. `taken` is in ledger order for each wallet. */
export type FollowedBatch = Pick<Batch, 'taken' | 'quarantine'>;

export interface BatchFollower {
  /** For the log. */
  readonly name: string;
  /**
   * Reads and writes through `tx` alone. No entry is handed over twice; those of one partition, and so
   * of one wallet, by one transaction at a time. Whatever it keeps in memory may be of a batch that
   * was undone.
   */
  follow(tx: Transaction, batch: FollowedBatch): Promise<void>;
}

export interface Followers {
  readonly each: readonly BatchFollower[];
  /** Told that a follower was left out of a batch; must not throw. */
  failed(name: string, error: unknown): void;
}

/** A follower failed on its own account in a transaction that has no savepoint for it: all is undone. */
export class FollowerFailed extends Error {
  constructor(cause: unknown) {
    super('a follower failed', { cause });
    this.name = 'FollowerFailed';
  }
}

/**
 * Runs them under savepoints, so that one which fails is undone alone.
 * @throws the database's own trouble; nothing else
 */
export async function runFollowers(
  tx: Transaction,
  batch: FollowedBatch,
  { each, failed }: Followers,
): Promise<void> {
  if (isNothing(batch)) return;
  for (const follower of each) {
    try {
      await savepoint(tx, (part) => follower.follow(part, batch));
    } catch (error) {
      if (isPostgresOutage(error)) throw error;
      failed(follower.name, error);
    }
  }
}

/**
 * Runs them beside each other and without savepoints, which are two more turns to Postgres for each in
 * every batch; for whoever does the whole transaction again, under savepoints, when one fails.
 * @throws FollowerFailed; or the database's own trouble; in either case once all of them are done
 */
export async function runFollowersBoldly(
  tx: Transaction,
  batch: FollowedBatch,
  { each }: Pick<Followers, 'each'>,
): Promise<void> {
  if (isNothing(batch)) return;
  const followed = await Promise.allSettled(each.map(async (one) => one.follow(tx, batch)));
  const failures = followed.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (failures.length === 0) return;
  throw failures.find(isTrouble) ?? new FollowerFailed(failures[0]);
}

function isTrouble(error: unknown): boolean {
  return isPostgresOutage(error) || isConnectionLost(error);
}

function isNothing({ taken, quarantine }: FollowedBatch): boolean {
  return taken.length === 0 && quarantine.length === 0;
}
