/**
 * How many rows the ledger had at a moment, told to the log every few minutes because it has to be
 * kept outside the database. A digest closes a day; this shows a tail that was cut off before that.
 */
import type { Sql } from './connect.ts';

export interface LedgerHead {
  until: Date;
  /** Rows of that day (UTC) made before `until`. A release from quarantine may add to them later. */
  rows: number;
}

/** Counts the rows of a moment that every partition's cursor has passed. */
export async function readLedgerHead(sql: Sql, until: Date): Promise<LedgerHead> {
  const at = until.toISOString();
  const [row] = await sql<{ rows: number }[]>`
    SELECT count(*) AS rows FROM ledger_entries
    WHERE created_at >= ${`${at.slice(0, 10)}T00:00:00Z`}::timestamptz
      AND created_at < ${at}::timestamptz`;
  return { until, rows: row?.rows ?? 0 };
}

/** Heads that the ledger has fewer rows for today, with what it has. */
export async function* lostHeads(
  sql: Sql,
  published: readonly LedgerHead[],
): AsyncGenerator<{ was: LedgerHead; is: LedgerHead }> {
  for (const was of published) {
    const is = await readLedgerHead(sql, was.until);
    if (is.rows < was.rows) yield { was, is };
  }
}
