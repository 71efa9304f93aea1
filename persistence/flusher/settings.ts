/** The flusher's limits, in one place. */
export interface FlusherSettings {
  /** Most entries of one Postgres transaction. */
  batchEntries: number;
  /**
   * With twice as many entries to flush two transactions are under way at once, of different partitions:
   * while Postgres works on one, this process plans the other.
   */
  laneEntries: number;
  /**
   * With so many entries found at once the next are read while these are committed. With fewer they are
   * read afterwards: what came meanwhile goes into the next transaction and not into the one after it.
   */
  aheadEntries: number;
  /**
   * While little is found, a transaction begins at most so often, in ms: what comes within it shares one,
   * and its fixed price. After a pause of that length the first entry goes at once.
   */
  gatherMs: number;
  /** Most entries read at once from one partition. */
  readEntries: number;
  /** How long a read waits for entries, in ms: also how soon a stop or a lease is noticed. */
  blockMs: number;
  /**
   * How long a partition's lease lasts unrenewed, in ms: for so long nobody flushes what a killed
   * process held. Short, because a lease that lapses too early costs only a second reader: what
   * keeps rows from being written twice is the cursor, not the lease.
   */
  leaseTtlMs: number;
  /** Waiting time after a failure, doubled at each further one, in ms. */
  retryMinMs: number;
  retryMaxMs: number;
}

export const FLUSHER_SETTINGS: FlusherSettings = {
  batchEntries: 2_000,
  laneEntries: 500,
  aheadEntries: 500,
  gatherMs: 10,
  readEntries: 1_000,
  blockMs: 200,
  leaseTtlMs: 2_000,
  retryMinMs: 50,
  retryMaxMs: 2_000,
};
