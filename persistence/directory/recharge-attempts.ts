/**
 * Attempts of auto-recharges: orders that a card pays without its owner. Each is a row before Stripe is
 * asked; a unique index lets one wallet have one that may still succeed, in however many processes.
 */
import { newId } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { appendEvents } from '../notifications/outbox.ts';
import { transaction } from '../transaction.ts';
import {
  type AttemptRow,
  type AutoRecharge,
  attemptFromRow,
  type RechargeAttempt,
  type RechargeChange,
  type RechargeUsage,
} from './auto-recharge-record.ts';
import { changeRecharge } from './auto-recharges.ts';
import { onlyRow } from './cells.ts';
import { type TellOfTopUp, topUpFromRow } from './top-ups.ts';

/** What is to be charged. */
export interface NewAttempt {
  readonly title: string;
  readonly chargeMinor: number;
  readonly chargeCurrency: string;
  readonly creditMicros: number;
  readonly bridgeMicros: number;
  readonly paymentMethod: string;
  /** Nobody else asks for its outcome before that. */
  readonly askAt: Date;
}

export type ClaimDecision =
  | { readonly kind: 'charge'; readonly attempt: NewAttempt }
  | ({ readonly kind: 'wait' } & RechargeChange);

/** Starts of the day and the month that caps count. */
export interface CapSpans {
  readonly day: Date;
  readonly month: Date;
}

export interface RechargeUsages {
  readonly day: RechargeUsage;
  readonly month: RechargeUsage;
}

export class RechargeAttempts {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What was charged, or may still be, since the starts of the two spans. */
  usages(walletId: string, spans: CapSpans): Promise<RechargeUsages> {
    return usagesOf(this.#sql, walletId, spans);
  }

  /** Whether one is under way. */
  async isOpen(walletId: string): Promise<boolean> {
    return hasOpen(this.#sql, walletId);
  }

  /**
   * Makes the attempt of a recharge that is due, if it still is what the caller saw and no other is
   * under way. The caps are counted under its lock.
   * @param seen as it was when the balance was read
   * @param decide pure
   * @returns the attempt; undefined when there is none to be made
   */
  async claim(
    seen: AutoRecharge,
    now: Date,
    spans: CapSpans,
    decide: (usages: RechargeUsages) => ClaimDecision,
  ): Promise<RechargeAttempt | undefined> {
    return transaction(this.#sql, async (tx) => {
      let made: RechargeAttempt | undefined;
      const standing = await lockedAsSeen(tx, seen, now);
      if (standing === undefined) return undefined;
      const decision = decide(await usagesOf(tx, seen.walletId, spans));
      if (decision.kind === 'charge') made = await insert(tx, standing, decision.attempt, now);
      await changeRecharge(tx, seen.walletId, () =>
        decision.kind === 'wait'
          ? decision
          : { changes: { attemptId: made?.id ?? null, capped: null }, events: [] },
      );
      return made;
    });
  }

  /**
   * Takes attempts in hand whose outcome nobody knows: a process died with them, or Stripe gave no
   * answer. Each is put off to `nextAt` of how often it was asked for, so that one process has it.
   */
  async takeUp(now: Date, nextAt: (times: number) => Date, limit: number) {
    return transaction(this.#sql, async (tx): Promise<RechargeAttempt[]> => {
      const rows = await tx<AttemptRow[]>`
        select * from top_ups
        where origin = 'auto_recharge' and state = 'created' and ask_at <= ${now}
        order by ask_at limit ${limit} for update skip locked`;
      for (const { id, asked_times: times } of rows) {
        await tx`
          update top_ups set asked_times = asked_times + 1, ask_at = ${nextAt(times + 1)}
          where id = ${id}`;
      }
      return rows.map(attemptFromRow);
    });
  }

  /** Attempts with a bridge to be taken back: they have an outcome, or were made before a time. */
  async bridged(before: Date, limit: number): Promise<RechargeAttempt[]> {
    const rows = await this.#sql<AttemptRow[]>`
      select * from top_ups
      where bridge_micros > 0 and bridge_returned_at is null
        and (state <> 'created' or created_at <= ${before})
      order by created_at limit ${limit}`;
    return rows.map(attemptFromRow);
  }

  async bridgeReturned(id: string): Promise<void> {
    await this.#sql`
      update top_ups set bridge_returned_at = coalesce(bridge_returned_at, now()) where id = ${id}`;
  }

  /** When the next one is to be asked for. */
  async nextAsk(): Promise<Date | undefined> {
    const [row] = await this.#sql<{ at: Date | null }[]>`
      select min(ask_at) as at from top_ups
      where origin = 'auto_recharge' and state = 'created'`;
    return row?.at ?? undefined;
  }

  /** Stripe has its payment. What came of it is said by what Stripe says of that. */
  async asked(id: string, paymentIntent: string): Promise<void> {
    await this.#sql`
      update top_ups set payment_intent = coalesce(payment_intent, ${paymentIntent}),
        state = case state when 'created' then 'pending' else state end, updated_at = now()
      where id = ${id}`;
  }

  /** Payments of bank debits and the like that were made before a time, by the id of their order. */
  async pending(before: Date, after: string, limit: number): Promise<RechargeAttempt[]> {
    const rows = await this.#sql<AttemptRow[]>`
      select * from top_ups
      where origin = 'auto_recharge' and state = 'pending' and payment_intent is not null
        and created_at < ${before} and id > ${after}
      order by id limit ${limit}`;
    return rows.map(attemptFromRow);
  }

  /**
   * Ends an attempt that was not paid, and changes its recharge with it. Nothing happens to one that
   * has ended: each failure counts once, whoever hears of it and how often.
   * @param decide pure; not asked when the recharge is gone
   */
  async end(
    id: string,
    ended: { readonly state: 'failed' | 'expired'; readonly code: string },
    tell: TellOfTopUp,
    decide: (recharge: AutoRecharge, attempt: RechargeAttempt) => RechargeChange | undefined,
  ): Promise<boolean> {
    return transaction(this.#sql, async (tx) => {
      const [row] = await tx<AttemptRow[]>`
        update top_ups set state = ${ended.state}, failure_code = ${ended.code}, updated_at = now()
        where id = ${id} and origin = 'auto_recharge' and state in ('created', 'pending')
        returning *`;
      if (row === undefined) return false;
      await appendEvents(tx, tell(topUpFromRow(row), false));
      const attempt = attemptFromRow(row);
      await changeRecharge(tx, attempt.walletId, (recharge) => decide(recharge, attempt));
      return true;
    });
  }
}

/** The recharge under its lock, if it is still due and as it was. */
async function lockedAsSeen(
  tx: Transaction,
  seen: AutoRecharge,
  now: Date,
): Promise<AutoRecharge | undefined> {
  const locked = await changeRecharge(tx, seen.walletId, () => undefined);
  const isDue =
    locked !== undefined &&
    locked.status === 'active' &&
    locked.belowSince !== null &&
    locked.notBefore <= now &&
    // Terms, card or the last attempt: any of it makes what the caller has computed old.
    locked.attemptId === seen.attemptId &&
    locked.updatedAt.getTime() === seen.updatedAt.getTime();
  return isDue && !(await hasOpen(tx, seen.walletId)) ? locked : undefined;
}

async function hasOpen(sql: Sql | Transaction, walletId: string): Promise<boolean> {
  const rows = await sql`
    select 1 from top_ups where wallet_id = ${walletId}
      and origin = 'auto_recharge' and state in ('created', 'pending')`;
  return rows.length > 0;
}

async function usagesOf(
  sql: Sql | Transaction,
  walletId: string,
  { day, month }: CapSpans,
): Promise<RechargeUsages> {
  const rows = await sql<
    { dayMicros: number; dayCount: number; monthMicros: number; monthCount: number }[]
  >`
    select coalesce(sum(credit_micros) filter (where created_at >= ${day}), 0)::bigint as "dayMicros",
      count(*) filter (where created_at >= ${day}) as "dayCount",
      coalesce(sum(credit_micros), 0)::bigint as "monthMicros", count(*) as "monthCount"
    from top_ups
    where wallet_id = ${walletId} and origin = 'auto_recharge' and created_at >= ${month}
      and state not in ('failed', 'expired')`;
  const { dayMicros, dayCount, monthMicros, monthCount } = onlyRow(rows);
  return {
    day: { micros: dayMicros, count: dayCount },
    month: { micros: monthMicros, count: monthCount },
  };
}

async function insert(
  tx: Transaction,
  recharge: AutoRecharge,
  attempt: NewAttempt,
  now: Date,
): Promise<RechargeAttempt> {
  const id = newId('top');
  const row = {
    id,
    organization_id: recharge.organizationId,
    wallet_id: recharge.walletId,
    title: attempt.title,
    charge_minor: attempt.chargeMinor,
    charge_currency: attempt.chargeCurrency,
    credit_micros: attempt.creditMicros,
    bridge_micros: attempt.bridgeMicros,
    save_card: true,
    success_url: recharge.returnUrl,
    cancel_url: recharge.returnUrl,
    request_scope: 'auto_recharge',
    request_key: id,
    fingerprint: '',
    origin: 'auto_recharge',
    customer_id: recharge.customerId,
    payment_method: attempt.paymentMethod,
    ask_at: attempt.askAt,
    created_at: now,
  };
  const rows = await tx<AttemptRow[]>`insert into top_ups ${tx(row)} returning *`;
  return attemptFromRow(onlyRow(rows));
}
