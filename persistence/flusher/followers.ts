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
import { isPostgresOutage } from '../postgres-errors.ts';
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

/** @throws the database's own trouble; nothing else */
export async function runFollowers(
  tx: Transaction,
  batch: FollowedBatch,
  { each, failed }: Followers,
): Promise<void> {
  if (batch.taken.length === 0 && batch.quarantine.length === 0) return;
  for (const follower of each) {
    try {
      await savepoint(tx, (part) => follower.follow(part, batch));
    } catch (error) {
      if (isPostgresOutage(error)) throw error;
      failed(follower.name, error);
    }
  }
}
