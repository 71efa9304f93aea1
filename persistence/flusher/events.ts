/** What a flusher tells: to waiters, to metrics, to the log, and to whoever shuts the gate. */

import type { StaleBatch } from './commit.ts';
import type { Flushed } from './flush.ts';
import type { Fault } from './judge.ts';

export interface QuarantineNotice {
  partition: number;
  streamId: string;
  mutationId: string;
  kind: Fault | 'rejected';
  /**
   * The wallets that this entry puts into quarantine, to be frozen. Empty when they wait already:
   * freezing one writes an entry that waits as well, and must not be told of again.
   */
  walletIds: string[];
  detail: string;
}

export interface BatchFigures {
  entries: number;
  rows: number;
  repeats: number;
  quarantined: number;
  keyConflicts: number;
  /** How long reading the ledger, planning and committing took. */
  batchMs: number;
  /** Age of the oldest entry when it was committed. */
  lagMs: number;
  /** Sum of |amount| of the rows: with the lag, the money that was at risk. */
  amountMicros: number;
}

export interface FlusherEvents {
  /** After each commit: the mutations whose rows it wrote. */
  committed?(mutationIds: ReadonlySet<string>): void;
  /** Wallets to freeze; on a fork the gate must close (design, section 6). */
  quarantined?(notice: QuarantineNotice): void;
  batch?(figures: BatchFigures): void;
  /**
   * Postgres came back older than it had been (failover, restore): an alarm. The retained journal
   * is replayed under the same sequences.
   */
  rewound?(notice: { partition: number; was: string; is: string }): void;
  /**
   * Another process moved on (a recovery raised the epoch, a lease changed hands), so the batch is read
   * again. That is how they keep out of each other's way; a second time in a row it is trouble.
   */
  stale?(what: StaleBatch['what']): void;
  /** Once when trouble begins, once when it is over (`error` undefined). */
  trouble?(error: unknown): void;
}

export function tell(events: FlusherEvents, flushed: Flushed, batchMs: number): void {
  const { batch, entries, keyConflicts } = flushed;
  events.committed?.(new Set(batch.rows.map((row) => row.mutationId)));
  for (const { read, kind, newlyWaiting: walletIds, detail } of batch.quarantine) {
    const mutationId = read.entry?.mutationId ?? '';
    const { partition, id: streamId } = read;
    events.quarantined?.({ partition, streamId, mutationId, kind, walletIds, detail });
  }
  const oldest = entries.reduce((at, { entry }) => Math.min(at, entry?.atMs ?? at), Date.now());
  events.batch?.({
    entries: entries.length,
    rows: batch.rows.length,
    repeats: batch.repeats,
    quarantined: batch.quarantine.length,
    keyConflicts,
    batchMs,
    lagMs: Date.now() - oldest,
    amountMicros: batch.rows.reduce((sum, row) => sum + Math.abs(row.amountMicros), 0),
  });
}
