/** The books as a whole: the trial balance, money in transit, wallets and months that are missing. */
import type { Sql } from '../connect.ts';
import { collector, type Difference } from './difference.ts';
import type { Task } from './input.ts';

const NAMED_MAX = 1_000;
/** A refusal and a debit that came all the same: the resuming process gives it back by then. */
const REFUSED_MINUTES = 10;

export async function* checkBooks({ input: { sql } }: Task): AsyncGenerator<Difference, void> {
  yield* await trialBalance(sql);
  yield* await transit(sql);
  yield* await unevenMutations(sql);
  yield* await halfWallets(sql);
  yield* await absentMonths(sql);
}

/** I13, of one moment: snapshots against rows, per currency. */
async function trialBalance(sql: Sql): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ currency: string; sum: string; unknown: number }[]>`
    SELECT currency, sum(balance_micros)::text AS sum,
           count(*) FILTER (WHERE account = 'unknown') AS unknown
    FROM trial_balance GROUP BY currency ORDER BY currency`;
  for (const { currency, sum, unknown } of rows) {
    report('', `trial balance in ${currency}`, '0', sum);
    report('', `accounts of no kind in ${currency}`, 0, unknown);
  }
  return found;
}

/**
 * What the rows of a transfer across partitions leave in transit, against its state. The state moves
 * after the rows, so while it is under way both are right.
 */
async function transit(sql: Sql): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<
    { id: string; walletId: string; state: string; netMicros: string; late: boolean }[]
  >`
    WITH moved AS (
      SELECT details ->> 'transfer_id' AS id, sum(amount_micros) AS net
      FROM ledger_entries
      WHERE kind = 'transfer' AND operation IN ('charge', 'credit') GROUP BY 1
    )
    SELECT coalesce(transfer.id, moved.id, '') AS id, coalesce(from_wallet_id, '') AS "walletId",
           coalesce(state, 'unknown') AS state, coalesce(moved.net, 0)::text AS "netMicros",
           coalesce(updated_at < now() - ${REFUSED_MINUTES} * interval '1 minute', true) AS late
    FROM transfers AS transfer FULL JOIN moved USING (id)
    WHERE coalesce(moved.net, 0) <> 0
      AND NOT (coalesce(state, '') IN ('created', 'debited', 'reversing')
               AND moved.net = -coalesce(amount_micros, 0))
    LIMIT ${NAMED_MAX}`;
  for (const { id, walletId, state, netMicros, late } of rows) {
    if (state === 'refused' && !late) continue;
    report(walletId, `in transit by ${id}, ${state}`, '0', netMicros);
  }
  return found;
}

/** Transfers inside a partition are whole mutations. */
async function unevenMutations(sql: Sql): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ id: string; walletId: string; sum: string }[]>`
    SELECT mutation_id AS id, min(wallet_id) AS "walletId", sum(amount_micros)::text AS sum
    FROM ledger_entries WHERE operation = 'transfer'
    GROUP BY mutation_id HAVING sum(amount_micros) <> 0 LIMIT ${NAMED_MAX}`;
  for (const { id, walletId, sum } of rows) {
    report(walletId, `sum of the transfer ${id}`, '0', sum);
  }
  return found;
}

/** Ledger rows or wallets that have no snapshot. */
async function halfWallets(sql: Sql): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ walletId: string; entries: number }[]>`
    SELECT wallet_id AS "walletId", count(*) AS entries FROM ledger_entries AS row
    WHERE NOT EXISTS (
      SELECT 1 FROM wallet_snapshots AS snapshot WHERE snapshot.wallet_id = row.wallet_id)
    GROUP BY wallet_id ORDER BY wallet_id LIMIT ${NAMED_MAX}`;
  for (const { walletId, entries } of rows) report(walletId, 'rows without a wallet', 0, entries);
  const bare = await sql<{ walletId: string }[]>`
    SELECT id AS "walletId" FROM wallets AS wallet
    WHERE NOT EXISTS (
        SELECT 1 FROM wallet_snapshots AS snapshot WHERE snapshot.wallet_id = wallet.id)
      AND NOT EXISTS (SELECT 1 FROM ledger_entries AS row WHERE row.wallet_id = wallet.id)
    ORDER BY id LIMIT ${NAMED_MAX}`;
  for (const { walletId } of bare) report(walletId, 'snapshot', 'one', 'none');
  return found;
}

/** Months of the ledger that were detached or dropped: tables that stand alone, days with a digest. */
async function absentMonths(sql: Sql): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ table: string; detached: boolean }[]>`
    WITH attached AS (
      SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
      WHERE inhparent = 'ledger_entries'::regclass
    ), wanted AS (
      SELECT relname::text AS name, true AS detached FROM pg_class
      WHERE relkind = 'r' AND relname ~ '^ledger_entries_[0-9]{4}_[0-9]{2}$'
        AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'ledger_entries'::regclass)
      UNION
      SELECT to_char(day, '"ledger_entries_"YYYY_MM'), false FROM ledger_digests
      WHERE wallet_id <> ''
    )
    SELECT name AS table, bool_or(detached) AS detached FROM wanted
    WHERE name NOT IN (SELECT name FROM attached) GROUP BY name ORDER BY name`;
  const strays = await sql<{ months: string[] }[]>`
    SELECT coalesce(array_agg(DISTINCT to_char(created_at AT TIME ZONE 'UTC',
      '"ledger_entries_"YYYY_MM')), '{}') AS months FROM ledger_entries_default`;
  const inDefault = new Set(strays[0]?.months);
  for (const { table, detached } of rows) {
    if (!detached && inDefault.has(table)) continue;
    report('', `month ${table}`, 'attached', detached ? 'detached' : 'gone');
  }
  return found;
}
