/**
 * Monthly partitions of ledger_entries, made ahead by the program.
 *
 * The default partition catches rows of a month that nobody made; rows found there are moved into
 * their month when it is made, and counted so that an alarm can be raised.
 */
import type { Sql, Transaction } from './connect.ts';
import { transaction } from './transaction.ts';

export const MONTHS_AHEAD = 3;

/** Any constant will do, as long as nothing else in the database locks on it. */
const PARTITION_LOCK = 7_246_002;

export interface Month {
  table: string;
  /** First instant, inclusive, as ISO date. */
  from: string;
  /** First instant of the next month, exclusive. */
  to: string;
}

/** The month (UTC) `offset` months away from the one that holds `atMs`. */
export function monthOf(atMs: number, offset = 0): Month {
  const at = new Date(atMs);
  const start = (months: number) =>
    new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1)).toISOString();
  const from = start(offset);
  return {
    table: `ledger_entries_${from.slice(0, 7).replace('-', '_')}`,
    from,
    to: start(offset + 1),
  };
}

/**
 * Makes the months from the one before `nowMs` to `MONTHS_AHEAD` after it. Safe to call from many
 * processes at once and at any time; call it at start and daily.
 * @returns the number of rows that had to be moved out of the default partition.
 */
export async function ensureLedgerPartitions(sql: Sql, nowMs: number): Promise<number> {
  let moved = 0;
  for (let offset = -1; offset <= MONTHS_AHEAD; offset += 1) {
    moved += await ensureMonth(sql, monthOf(nowMs, offset));
  }
  return moved;
}

async function ensureMonth(sql: Sql, month: Month): Promise<number> {
  if (await exists(sql, month)) return 0;
  return transaction(sql, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${PARTITION_LOCK})`;
    if (await exists(tx, month)) return 0;
    await tx`
      CREATE TABLE ${tx(month.table)}
        (LIKE ledger_entries INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`;
    // No writer may add to the default partition between the move and the attachment.
    await tx`LOCK TABLE ledger_entries IN SHARE ROW EXCLUSIVE MODE`;
    const moved = await tx`
      WITH stray AS (
        DELETE FROM ledger_entries_default
        WHERE created_at >= ${month.from}::timestamptz AND created_at < ${month.to}::timestamptz
        RETURNING *
      )
      INSERT INTO ${tx(month.table)} SELECT * FROM stray`;
    // Bounds are part of the statement's text: DDL takes no parameters. Both come from monthOf.
    await tx.unsafe(`
      ALTER TABLE ledger_entries ATTACH PARTITION ${month.table}
        FOR VALUES FROM ('${month.from}') TO ('${month.to}')`);
    return moved.count;
  });
}

/** Not by to_regclass: it answers from a cache that may not know what was made a moment ago. */
async function exists(sql: Sql | Transaction, month: Month): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'ledger_entries'::regclass AND child.relname = ${month.table}`;
  return rows.length > 0;
}

/** Rows in the default partition: more than 0 means that a month was missing when they came. */
export async function strayLedgerRows(sql: Sql): Promise<number> {
  const [row] = await sql<
    { count: number }[]
  >`SELECT count(*) AS count FROM ledger_entries_default`;
  return row?.count ?? 0;
}
