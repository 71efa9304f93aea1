/**
 * What Stripe said about each payment, and the movements that follow from it. Whoever has something
 * to add decides under a lock on the payment and its top-up, so that of any number of events and
 * processes each fact counts once and each movement is planned once.
 */
import type { Sql, Transaction } from '../connect.ts';
import { appendEvents, type NewEvent } from '../notifications/outbox.ts';
import type { TopUpState } from '../schema/payments.ts';
import { transaction } from '../transaction.ts';
import { jsonText, onlyRow } from './cells.ts';
import { adoptMoved } from './payment-ledger.ts';
import {
  type Movement,
  type MovementRow,
  movementFromRow,
  type Payment,
  type PaymentDecision,
  type PaymentFile,
  type PaymentRow,
  paymentFromRow,
  type WaitingPayments,
} from './payment-record.ts';
import { rechargePaid } from './recharge-paid.ts';
import { type TellOfTopUp, type TopUpRow, topUpFromRow } from './top-ups.ts';

/** The first wait for a payment that could not be taken up; it doubles, up to about 20 minutes. */
const PUT_OFF_MS = 5_000;
const PUT_OFF_TIMES_MAX = 8;
/** States of orders that have no money yet. */
const UNPAID: ReadonlySet<TopUpState> = new Set(['created', 'pending', 'failed', 'expired']);

export class Payments {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Changes what is known of a payment.
   * @param topUpId what the payment says it is for; null when it says nothing
   * @param decide pure; it sees the file under its lock. Its events are written with the facts
   */
  async change(
    paymentIntent: string,
    topUpId: string | null,
    decide: (file: PaymentFile) => PaymentDecision & { readonly events?: readonly NewEvent[] },
  ): Promise<PaymentFile> {
    return transaction(this.#sql, async (tx) => {
      await tx`
        insert into payments (payment_intent) values (${paymentIntent}) on conflict do nothing`;
      const file = await lockedInStep(tx, paymentIntent, topUpId);
      const decision = decide(file);
      const { payment } = decision;
      await tx`
        update payments set top_up_id = ${payment.topUpId}, accepted = ${payment.accepted},
          refused = ${payment.refused}, refunded_minor = ${payment.refundedMinor},
          refunds = ${jsonText({ ...payment.refunds })}::text::jsonb,
          disputes = ${jsonText({ ...payment.disputes })}::text::jsonb,
          undecided = ${decision.undecided}, receipt_url = ${payment.receiptUrl},
          unsettled_since = case when ${payment.accepted} then coalesce(unsettled_since, now()) end
        where payment_intent = ${paymentIntent}`;
      if (payment.accepted && payment.topUpId !== null) {
        await tx`
          update top_ups set payment_intent = ${paymentIntent}, updated_at = now(),
            paid_at = coalesce(paid_at, now()),
            receipt_url = coalesce(${payment.receiptUrl}, receipt_url)
          where id = ${payment.topUpId}`;
      }
      await plan(tx, file, decision);
      await appendEvents(tx, decision.events ?? []);
      return locked(tx, paymentIntent, payment.topUpId);
    });
  }

  /** The movement is in the ledger. */
  async done({ paymentIntent, ordinal }: Movement): Promise<void> {
    await this.#sql`
      with made as (
        update payment_movements set done_at = coalesce(done_at, now())
        where payment_intent = ${paymentIntent} and ordinal = ${ordinal} returning payment_intent
      )
      update payments set put_off_times = 0, put_off_until = null
      from made where payments.payment_intent = made.payment_intent and put_off_times > 0`;
  }

  /** What is known of it now, under its lock. */
  async read(paymentIntent: string): Promise<PaymentFile> {
    return transaction(this.#sql, (tx) => locked(tx, paymentIntent, null));
  }

  /**
   * Sets the state of its top-up to what follows from the file, under its lock.
   * @param tell asked only when the state is another one; its events are written with it. What follows
   *   for an auto-recharge is written when it is paid, and not again when a refund of it fails
   * @returns the file as it was before
   */
  async settle(
    paymentIntent: string,
    stateOf: (file: PaymentFile) => TopUpState | undefined,
    tell: TellOfTopUp,
    now: Date,
  ): Promise<PaymentFile> {
    return transaction(this.#sql, async (tx) => {
      const file = await locked(tx, paymentIntent, null);
      const state = stateOf(file);
      if (state === undefined || file.topUp === undefined) return file;
      await tx`
        update payments set unsettled_since = null, put_off_times = 0, put_off_until = null
        where payment_intent = ${paymentIntent} and unsettled_since is not null`;
      const paidNow = UNPAID.has(file.topUp.state);
      const changed = await tx<TopUpRow[]>`
        update top_ups set state = ${state}, updated_at = now()
        where id = ${file.topUp.id} and state <> ${state} returning *`;
      for (const topUp of changed.map(topUpFromRow)) {
        if (paidNow) await rechargePaid(tx, topUp, now);
        await appendEvents(tx, tell(topUp, paidNow));
      }
      return file;
    });
  }

  /** Refused ones count for 30 days; those that were put off as long as they are. */
  async waiting(): Promise<WaitingPayments> {
    const rows = await this.#sql<{ refused: number; put_off: number }[]>`
      select
        (select count(*) from payments where refused is not null and not accepted
          and created_at > now() - interval '30 days') as refused,
        (select count(distinct payment_intent) from payment_movements join payments using (payment_intent)
          where done_at is null and put_off_times > 0) as put_off`;
    const { refused, put_off: putOff } = onlyRow(rows);
    return { refused, putOff };
  }

  async find(paymentIntent: string): Promise<Payment | undefined> {
    const [row] = await this.#sql<PaymentRow[]>`
      select * from payments where payment_intent = ${paymentIntent}`;
    return row && paymentFromRow(row);
  }

  /** Payments for a top-up of ours with an undecided refund or dispute, by their id. */
  async undecided(after: string, limit: number): Promise<Payment[]> {
    const rows = await this.#sql<PaymentRow[]>`
      select * from payments
      where undecided and top_up_id is not null and payment_intent > ${after}
      order by payment_intent limit ${limit}`;
    return rows.map(paymentFromRow);
  }

  /**
   * Payments of which some movement was left behind by a process that died, or all were made and the
   * state of their top-up was not, the longest due first.
   * Each is put off by that, longer every time, until a movement of it is made or decided.
   */
  async claimUnfinished(idleMs: number, limit: number): Promise<string[]> {
    const rows = await this.#sql<{ payment_intent: string }[]>`
      with open as (
        select payment_intent, min(at) as since from (
          select payment_intent, created_at as at from payment_movements where done_at is null
          union all
          select payment_intent, unsettled_since from payments where unsettled_since is not null
        ) as left_behind
        group by payment_intent having min(at) < now() - ${idleMs} * interval '1 millisecond'
      ), due as (
        select payment_intent from payments join open using (payment_intent)
        where put_off_until is null or put_off_until <= now()
        order by coalesce(put_off_until, since) limit ${limit}
        for update of payments skip locked
      )
      update payments set put_off_times = least(put_off_times + 1, ${PUT_OFF_TIMES_MAX}),
        put_off_until = now() + ${PUT_OFF_MS} * 2 ^ put_off_times * interval '1 millisecond'
      from due where payments.payment_intent = due.payment_intent
      returning payments.payment_intent`;
    return rows.map((row) => row.payment_intent);
  }
}

/** The payment first, then its top-up: everybody locks in this order. */
async function locked(
  tx: Transaction,
  paymentIntent: string,
  topUpId: string | null,
): Promise<PaymentFile> {
  const payments = await tx<PaymentRow[]>`
    select * from payments where payment_intent = ${paymentIntent} for update`;
  const payment = paymentFromRow(onlyRow(payments));
  const [topUp] = await tx<TopUpRow[]>`
    select * from top_ups where id = ${payment.topUpId ?? topUpId} for update`;
  const movements = await tx<MovementRow[]>`
    select * from payment_movements where payment_intent = ${paymentIntent} order by ordinal`;
  return {
    payment,
    topUp: topUp && topUpFromRow(topUp),
    movements: movements.map(movementFromRow),
  };
}

/** The same, with the movements that only the ledger knows. */
async function lockedInStep(
  tx: Transaction,
  paymentIntent: string,
  topUpId: string | null,
): Promise<PaymentFile> {
  const file = await locked(tx, paymentIntent, topUpId);
  if (file.topUp === undefined) return file;
  const adopted = await adoptMoved(tx, paymentIntent, file.topUp, file.movements);
  return adopted ? locked(tx, paymentIntent, topUpId) : file;
}

/** What is new is tried soon, however often the payment was put off. */
async function plan(tx: Transaction, file: PaymentFile, decision: PaymentDecision): Promise<void> {
  if (decision.movements.length > 0) {
    await tx`
      update payments set put_off_times = 0, put_off_until = null
      where payment_intent = ${file.payment.paymentIntent} and put_off_times > 0`;
  }
  let ordinal = file.movements.length;
  for (const { purpose, amountMicros } of decision.movements) {
    await tx`
      insert into payment_movements (payment_intent, ordinal, purpose, amount_micros)
      values (${file.payment.paymentIntent}, ${ordinal}, ${purpose}, ${amountMicros})`;
    ordinal += 1;
  }
}
