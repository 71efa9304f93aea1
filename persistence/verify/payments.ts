/** Money by card: what the movements of payments say has moved, against what the ledger has. */
import type { Sql } from '../connect.ts';
import { movementKey } from '../directory/payment-ledger.ts';
import { collector, type Difference } from './difference.ts';
import { PAGE, type Task } from './input.ts';

const NAMED_MAX = 1_000;

export async function* checkPayments({ input: { sql } }: Task): AsyncGenerator<Difference, void> {
  yield* doneMovements(sql);
  yield* await sums(sql);
}

interface DoneRow {
  intent: string;
  ordinal: number;
  purpose: string;
  micros: string;
  walletId: string | null;
  rootId: string | null;
}

/** Each movement that is done has its row, by its key for ever. */
async function* doneMovements(sql: Sql): AsyncGenerator<Difference, void> {
  let after = { intent: '', ordinal: -1 };
  for (;;) {
    const rows = await sql<DoneRow[]>`
      SELECT movement.payment_intent AS intent, ordinal, purpose,
             movement.amount_micros::text AS micros, wallet.id AS "walletId", root_id AS "rootId"
      FROM payment_movements AS movement
      JOIN payments AS payment ON payment.payment_intent = movement.payment_intent
      LEFT JOIN top_ups AS top_up ON top_up.id = payment.top_up_id
      LEFT JOIN wallets AS wallet ON wallet.id = top_up.wallet_id
      WHERE done_at IS NOT NULL
        AND (movement.payment_intent, ordinal) > (${after.intent}, ${after.ordinal})
      ORDER BY movement.payment_intent, ordinal LIMIT ${PAGE}`;
    yield* await inLedger(sql, rows);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

async function inLedger(sql: Sql, rows: readonly DoneRow[]): Promise<Difference[]> {
  const { found, report } = collector();
  const keys = rows.map(({ intent, ordinal }) => movementKey(intent, ordinal));
  const moved = await sql<{ place: number; micros: string; walletId: string }[]>`
    SELECT place, row.amount_micros::text AS micros, row.wallet_id AS "walletId"
    FROM unnest(${rows.map(({ rootId }) => rootId ?? '')}::text[],
      ${keys.map(({ kind }) => kind)}::text[], ${keys.map(({ key }) => key)}::text[])
      WITH ORDINALITY AS wanted (scope, kind, key, place)
    JOIN natural_keys AS known USING (scope, kind, key)
    JOIN ledger_entries AS row ON row.mutation_id = known.mutation_id
      AND row.id = 'ent_' || known.mutation_id || '0'`;
  const byPlace = new Map(moved.map(({ place, ...row }) => [place - 1, row]));
  for (const [place, { intent, ordinal, purpose, micros, walletId }] of rows.entries()) {
    const what = `${purpose} of ${intent}, movement ${ordinal}`;
    const row = byPlace.get(place);
    report(walletId ?? '', what, micros, row?.micros ?? 'no row');
    if (row !== undefined) report(walletId ?? '', `wallet of the ${what}`, walletId, row.walletId);
  }
  return found;
}

/**
 * And the other way round: nothing moved for a top-up that no movement says. One that is under way may
 * be in the ledger already, so such a payment is looked at the next time.
 */
async function sums(sql: Sql): Promise<Difference[]> {
  const { found, report } = collector();
  const rows = await sql<{ id: string; walletId: string; said: string; moved: string }[]>`
    WITH moved AS (
      SELECT details ->> 'top_up_id' AS id, min(wallet_id) AS wallet_id, sum(amount_micros) AS net
      FROM ledger_entries
      WHERE operation = 'credit' AND details ->> 'top_up_id' IS NOT NULL GROUP BY 1
    ), said AS (
      SELECT top_up_id AS id, sum(amount_micros) AS net, bool_and(done_at IS NOT NULL) AS done
      FROM payment_movements JOIN payments USING (payment_intent) GROUP BY 1
    )
    SELECT id, coalesce(moved.wallet_id, '') AS "walletId", coalesce(said.net, 0)::text AS said,
           coalesce(moved.net, 0)::text AS moved
    FROM moved FULL JOIN said USING (id)
    WHERE coalesce(done, true) AND coalesce(moved.net, 0) <> coalesce(said.net, 0)
    ORDER BY id LIMIT ${NAMED_MAX}`;
  for (const { id, walletId, said, moved } of rows) {
    report(walletId, `sum of the top-up ${id}`, said, moved);
  }
  return found;
}
