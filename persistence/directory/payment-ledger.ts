/**
 * What the ledger has of a payment, against its rows of movements. They differ after Postgres came
 * back older than it was: the ledger is replayed from the journal, the rows of payments are not, and
 * what Stripe has said meanwhile may come again in other steps. What the ledger has under the key of a
 * movement has moved, whatever the row at that place says; the rest is decided from there.
 */
import { entryId } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import type { MovementPurpose } from '../schema/payments.ts';
import type { Movement } from './payment-record.ts';
import type { TopUp } from './top-ups.ts';

/** Keys asked for at a time. */
const AHEAD = 16;

/** The natural key of a movement: the payment itself for the credit, else its place. */
export function movementKey(paymentIntent: string, ordinal: number): MovementKey {
  return ordinal === 0
    ? { kind: 'payment_intent', key: paymentIntent }
    : { kind: 'refund_id', key: `${paymentIntent}:${ordinal}` };
}

export interface MovementKey {
  readonly kind: 'payment_intent' | 'refund_id';
  readonly key: string;
}

/** Puts movements that the ledger has and the rows have not into the rows; true when there were any. */
export async function adoptMoved(
  tx: Transaction,
  paymentIntent: string,
  topUp: Pick<TopUp, 'id' | 'walletId'>,
  movements: readonly Movement[],
): Promise<boolean> {
  const open = movements.filter(({ done }) => !done).map(({ ordinal }) => ordinal);
  let next = movements.length;
  let asked = [...open, ...range(next)];
  let adopted = false;
  for (;;) {
    const moved = await inLedger(tx, paymentIntent, topUp, asked);
    for (const movement of moved) await put(tx, movement);
    adopted ||= moved.length > 0;
    next += AHEAD;
    // They have no gaps, so that what is further on shows in the last of these.
    if (!moved.some(({ ordinal }) => ordinal === next - 1)) return adopted;
    asked = range(next);
  }
}

function range(from: number): number[] {
  return Array.from({ length: AHEAD }, (_, i) => from + i);
}

async function inLedger(
  tx: Transaction,
  paymentIntent: string,
  topUp: Pick<TopUp, 'id' | 'walletId'>,
  ordinals: readonly number[],
): Promise<Movement[]> {
  const keys = ordinals.map((ordinal) => movementKey(paymentIntent, ordinal));
  const known = await tx<{ key: string; mutation_id: string }[]>`
    select key, mutation_id from natural_keys
    where scope = (select root_id from wallets where id = ${topUp.walletId})
      and (kind, key) in (
        select * from unnest(${keys.map(({ kind }) => kind)}::text[], ${keys.map(({ key }) => key)}::text[]))`;
  if (known.length === 0) return [];
  const places = new Map(
    known.map(({ key, mutation_id: mutation }) => [
      entryId(mutation, 0),
      ordinals[keys.findIndex((one) => one.key === key)] ?? 0,
    ]),
  );
  const rows = await tx<{ id: string; purpose: MovementPurpose; amount_micros: number }[]>`
    select id, amount_micros, coalesce(details ->> 'purpose',
      case kind when 'deposit' then 'credit' when 'adjustment' then 'refund' else kind end) as purpose
    from ledger_entries
    where id = any(${[...places.keys()]}) and wallet_id = ${topUp.walletId}
      and details ->> 'top_up_id' = ${topUp.id}`;
  return rows.map(({ id, purpose, amount_micros: amountMicros }) => {
    const ordinal = places.get(id) ?? 0;
    return { paymentIntent, ordinal, purpose, amountMicros, done: true };
  });
}

async function put(tx: Transaction, movement: Movement): Promise<void> {
  const { paymentIntent, ordinal, purpose, amountMicros } = movement;
  await tx`
    insert into payment_movements (payment_intent, ordinal, purpose, amount_micros, done_at)
    values (${paymentIntent}, ${ordinal}, ${purpose}, ${amountMicros}, now())
    on conflict (payment_intent, ordinal) do update set purpose = excluded.purpose,
      amount_micros = excluded.amount_micros, done_at = excluded.done_at`;
}
