/**
 * Which flusher process reads which partition.
 *
 * A lease spares work, it does not guard: two processes on one partition are safe because a commit
 * is a compare-and-set. Every renewal also shares out: with n processes alive nobody keeps more
 * than ceil(partitions / n), and what is free or expired goes to whoever has less. Each process
 * prefers partitions in an order of its own, so that they rarely reach for the same one. Time is
 * Postgres' own, so the clocks of the processes do not matter.
 */
import type { Sql, Transaction } from './connect.ts';
import { transaction } from './transaction.ts';

export interface LeaseOptions {
  /** Name of this process, unique among all. */
  owner: string;
  /** How long a lease lasts without renewal, in ms. */
  ttlMs: number;
}

export interface Leases {
  /** Renews, gives up the surplus and takes what is free. Call it every third of `ttlMs`. */
  renew(): Promise<ReadonlySet<number>>;
  /** The partitions this process may read now; empty once the leases have run out unrenewed. */
  held(): ReadonlySet<number>;
  /** Gives everything back at once, so that others need not wait for the expiry. */
  release(): Promise<void>;
}

const NONE: ReadonlySet<number> = new Set();

export function createLeases(sql: Sql, options: LeaseOptions): Leases {
  let held: ReadonlySet<number> = NONE;
  let validUntil = 0;
  return {
    async renew() {
      const asked = performance.now();
      held = await transaction(sql, (tx) => shareOut(tx, options));
      // Counted from before the question, so that we stop before Postgres lets others begin.
      validUntil = asked + options.ttlMs;
      return held;
    },
    held: () => (performance.now() < validUntil ? held : NONE),
    async release() {
      held = NONE;
      await sql`DELETE FROM partition_leases WHERE owner = ${options.owner}`;
      await sql`DELETE FROM flusher_members WHERE owner = ${options.owner}`;
    },
  };
}

async function shareOut(tx: Transaction, { owner, ttlMs }: LeaseOptions): Promise<Set<number>> {
  const share = await fairShare(tx, owner, ttlMs);
  const kept = await tx<{ partition: number }[]>`
    UPDATE partition_leases SET expires_at = now() + ${ttlMs} * interval '1 ms'
    WHERE owner = ${owner} AND partition IN (
      SELECT partition FROM partition_leases WHERE owner = ${owner}
      ORDER BY md5(partition || owner) LIMIT ${share} FOR UPDATE)
    RETURNING partition`;
  const held = new Set(kept.map((row) => row.partition));
  await tx`
    DELETE FROM partition_leases
    WHERE owner = ${owner} AND NOT (partition = ANY(${[...held]}::int[]))`;
  if (held.size < share) {
    for (const partition of await takeFree(tx, owner, ttlMs, share - held.size)) {
      held.add(partition);
    }
  }
  return held;
}

async function fairShare(tx: Transaction, owner: string, ttlMs: number): Promise<number> {
  await tx`
    INSERT INTO flusher_members (owner, expires_at)
    VALUES (${owner}, now() + ${ttlMs} * interval '1 ms')
    ON CONFLICT (owner) DO UPDATE SET expires_at = excluded.expires_at`;
  await tx`
    DELETE FROM flusher_members WHERE owner IN (
      SELECT owner FROM flusher_members WHERE expires_at < now() FOR UPDATE SKIP LOCKED)`;
  const [row] = await tx<{ share: number }[]>`
    SELECT ceil((SELECT count(*) FROM journal_cursors)::numeric
      / (SELECT count(*) FROM flusher_members))::int AS share`;
  return row?.share ?? 0;
}

/**
 * Processes that reach for the same partitions must not wait for each other in a circle: a lease that has run
 * out is left to whoever has it in hand, and those that nobody has are taken in the order of their numbers.
 */
async function takeFree(
  tx: Transaction,
  owner: string,
  ttlMs: number,
  count: number,
): Promise<number[]> {
  const rows = await tx<{ partition: number }[]>`
    WITH wanted AS (
      SELECT cursor.partition, lease.partition IS NULL AS is_new
      FROM journal_cursors AS cursor LEFT JOIN partition_leases AS lease USING (partition)
      WHERE lease.partition IS NULL OR lease.expires_at < now()
      ORDER BY md5(cursor.partition || ${owner}::text) LIMIT ${count}
    ), lapsed AS (
      SELECT partition FROM partition_leases
      WHERE partition IN (SELECT partition FROM wanted WHERE NOT is_new) AND expires_at < now()
      FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE partition_leases SET owner = ${owner}, expires_at = now() + ${ttlMs} * interval '1 ms'
      WHERE partition IN (SELECT partition FROM lapsed) RETURNING partition
    ), made AS (
      INSERT INTO partition_leases (partition, owner, expires_at)
      SELECT partition, ${owner}, now() + ${ttlMs} * interval '1 ms'
      FROM wanted WHERE is_new ORDER BY partition
      ON CONFLICT (partition) DO NOTHING RETURNING partition
    )
    SELECT partition FROM taken UNION ALL SELECT partition FROM made`;
  return rows.map((row) => row.partition);
}
