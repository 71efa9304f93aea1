/**
 * Top-ups: the intent row is made before Stripe is asked, one for a request for ever, and its state
 * is only ever compared and set. What was paid and given back is in payments.ts.
 */
import { BugError, newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { appendEvents, type NewEvent } from '../notifications/outbox.ts';
import type { TopUpOrigin, TopUpState } from '../schema/payments.ts';
import { transaction } from '../transaction.ts';
import { onlyRow } from './cells.ts';
import { subtree } from './organizations.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';

export interface TopUp {
  id: string;
  organizationId: string;
  walletId: string;
  packageId: string | null;
  title: string;
  /** In the smallest unit of the currency, as cards are charged. */
  chargeMinor: number;
  chargeCurrency: string;
  creditMicros: number;
  bonusMicros: number;
  saveCard: boolean;
  successUrl: string;
  cancelUrl: string;
  state: TopUpState;
  checkoutSessionId: string | null;
  checkoutUrl: string | null;
  paymentIntent: string | null;
  failureCode: string | null;
  receiptUrl: string | null;
  fingerprint: string;
  /** How often Stripe has answered the order without a page. */
  stripeAttempt: number;
  origin: TopUpOrigin;
  createdAt: Date;
  paidAt: Date | null;
}

export type NewTopUp = Pick<
  TopUp,
  | 'organizationId'
  | 'walletId'
  | 'packageId'
  | 'title'
  | 'chargeMinor'
  | 'chargeCurrency'
  | 'creditMicros'
  | 'bonusMicros'
  | 'saveCard'
  | 'successUrl'
  | 'cancelUrl'
> & { request: TopUpRequest };

/**
 * The events that tell of a top-up in its new state; written in the transaction that sets it. Pure.
 * `paidNow`: its money has just come; false also where it succeeds anew because a refund failed.
 */
export type TellOfTopUp = (topUp: TopUp, paidNow: boolean) => readonly NewEvent[];

/** What makes two orders the same; with another fingerprint they are in conflict. */
export interface TopUpRequest {
  scope: string;
  key: string;
  fingerprint: string;
}

export interface TopUpRow {
  id: string;
  organization_id: string;
  wallet_id: string;
  package_id: string | null;
  title: string;
  charge_minor: number;
  charge_currency: string;
  credit_micros: number;
  bonus_micros: number;
  save_card: boolean;
  success_url: string;
  cancel_url: string;
  state: TopUpState;
  checkout_session_id: string | null;
  checkout_url: string | null;
  payment_intent: string | null;
  failure_code: string | null;
  receipt_url: string | null;
  fingerprint: string;
  stripe_attempt: number;
  origin: TopUpOrigin;
  created_at: Date;
  paid_at: Date | null;
}

export class TopUps {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Writes the intent, or finds the one that the same request wrote. Compare the fingerprints. */
  async create(input: NewTopUp): Promise<{ created: boolean; topUp: TopUp }> {
    const { scope, key, fingerprint } = input.request;
    const made = await this.#sql<TopUpRow[]>`
      insert into top_ups (id, organization_id, wallet_id, package_id, title, charge_minor,
        charge_currency, credit_micros, bonus_micros, save_card, success_url, cancel_url,
        request_scope, request_key, fingerprint)
      values (${newId('top')}, ${input.organizationId}, ${input.walletId}, ${input.packageId},
        ${input.title}, ${input.chargeMinor}, ${input.chargeCurrency}, ${input.creditMicros},
        ${input.bonusMicros}, ${input.saveCard}, ${input.successUrl}, ${input.cancelUrl},
        ${scope}, ${key}, ${fingerprint})
      on conflict (request_scope, request_key) do nothing returning *`;
    if (made[0] !== undefined) return { created: true, topUp: topUpFromRow(made[0]) };
    const present = await this.ordered(input.request);
    if (present === undefined) throw new BugError('an order that is there was not found');
    return { created: false, topUp: present };
  }

  /** The order that the same request made before. */
  async ordered({ scope, key }: TopUpRequest): Promise<TopUp | undefined> {
    const [row] = await this.#sql<TopUpRow[]>`
      select * from top_ups where request_scope = ${scope} and request_key = ${key}`;
    return row && topUpFromRow(row);
  }

  async get(id: string): Promise<TopUp | undefined> {
    const [row] = await this.#sql<TopUpRow[]>`select * from top_ups where id = ${id}`;
    return row && topUpFromRow(row);
  }

  /** Stripe made its page. An event may have been faster: a later state stays. */
  async opened(id: string, sessionId: string, url: string | null): Promise<TopUp> {
    const rows = await this.#sql<TopUpRow[]>`
      update top_ups set checkout_session_id = coalesce(checkout_session_id, ${sessionId}),
        checkout_url = coalesce(checkout_url, ${url}), updated_at = now(),
        state = case state when 'created' then 'pending' else state end
      where id = ${id} returning *`;
    return topUpFromRow(onlyRow(rows));
  }

  /** Stripe answered this attempt without a page: the next one is another request. */
  async askAgain({ id, stripeAttempt }: TopUp): Promise<TopUp> {
    await this.#sql`
      update top_ups set stripe_attempt = stripe_attempt + 1, updated_at = now()
      where id = ${id} and stripe_attempt = ${stripeAttempt}`;
    const rows = await this.#sql<TopUpRow[]>`select * from top_ups where id = ${id}`;
    return topUpFromRow(onlyRow(rows));
  }

  /** Its page ended without money; of several ends a failed debit counts most. What was paid stays paid. */
  async ended(id: string, state: 'failed' | 'expired', tell: TellOfTopUp): Promise<void> {
    await transaction(this.#sql, async (tx) => {
      const rows = await tx<TopUpRow[]>`
        update top_ups set state = ${state}, updated_at = now()
        where id = ${id}
          and (state in ('created', 'pending') or (state = 'expired' and ${state} = 'failed'))
        returning *`;
      await appendEvents(
        tx,
        rows.map(topUpFromRow).flatMap((topUp) => tell(topUp, false)),
      );
    });
  }

  /** A card was declined on its page; another may be tried there. */
  async declined(id: string, code: string): Promise<void> {
    await this.#sql`
      update top_ups set failure_code = ${code}, updated_at = now()
      where id = ${id} and state in ('created', 'pending', 'failed', 'expired')`;
  }

  /** Newest first; of a wallet, of an organization, or `within` it and all below it, or all. */
  async list(
    request: PageRequest & {
      walletId?: string | undefined;
      origin?: TopUpOrigin | undefined;
      organizationId?: string | undefined;
      within?: string | undefined;
    },
  ): Promise<Page<TopUp>> {
    const sql = this.#sql;
    const { walletId, origin, organizationId, within, startingAfter } = request;
    const rows = await sql<TopUpRow[]>`
      select * from top_ups
      where ${walletId === undefined ? sql`true` : sql`wallet_id = ${walletId}`}
        and ${origin === undefined ? sql`true` : sql`origin = ${origin}`}
        and ${organizationId === undefined ? sql`true` : sql`organization_id = ${organizationId}`}
        and ${within === undefined ? sql`true` : sql`organization_id in (${subtree(sql, within)})`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(topUpFromRow), request.limit);
  }

  /** Orders made before a time whose page or bank debit has not come to an end, by their id. */
  async open(before: Date, after: string, limit: number): Promise<TopUp[]> {
    const rows = await this.#sql<TopUpRow[]>`
      select * from top_ups
      where state in ('created', 'pending') and checkout_session_id is not null
        and created_at < ${before} and id > ${after}
      order by id limit ${limit}`;
    return rows.map(topUpFromRow);
  }

  /** Orders that never reached Stripe, or whose page is over: nobody can pay them any more. */
  async expireUnasked(olderThanMs: number, tell: TellOfTopUp): Promise<number> {
    return transaction(this.#sql, async (tx) => {
      const rows = await tx<TopUpRow[]>`
        update top_ups set state = 'expired', updated_at = now()
        where state = 'created' and origin = 'order' and created_at < now() - ${olderThanMs} * interval '1 millisecond'
        returning *`;
      await appendEvents(
        tx,
        rows.map(topUpFromRow).flatMap((topUp) => tell(topUp, false)),
      );
      return rows.length;
    });
  }

  /** The organization's customer at Stripe; of several made at once the first stays. */
  async customer(organizationId: string): Promise<string | undefined> {
    const [row] = await this.#sql<{ customer_id: string }[]>`
      select customer_id from stripe_customers where organization_id = ${organizationId}`;
    return row?.customer_id;
  }

  async keepCustomer(organizationId: string, customerId: string): Promise<string> {
    await this.#sql`
      insert into stripe_customers (organization_id, customer_id)
      values (${organizationId}, ${customerId}) on conflict do nothing`;
    return (await this.customer(organizationId)) ?? customerId;
  }

  /** Stripe has no such customer any more. */
  async forgetCustomer(customerId: string): Promise<void> {
    await this.#sql`delete from stripe_customers where customer_id = ${customerId}`;
  }
}

export function topUpFromRow(row: TopUpRow): TopUp {
  return {
    id: row.id,
    organizationId: row.organization_id,
    walletId: row.wallet_id,
    packageId: row.package_id,
    title: row.title,
    chargeMinor: row.charge_minor,
    chargeCurrency: row.charge_currency,
    creditMicros: row.credit_micros,
    bonusMicros: row.bonus_micros,
    saveCard: row.save_card,
    successUrl: row.success_url,
    cancelUrl: row.cancel_url,
    state: row.state,
    checkoutSessionId: row.checkout_session_id,
    checkoutUrl: row.checkout_url,
    paymentIntent: row.payment_intent,
    failureCode: row.failure_code,
    receiptUrl: row.receipt_url,
    fingerprint: row.fingerprint,
    stripeAttempt: row.stripe_attempt,
    origin: row.origin,
    createdAt: row.created_at,
    paidAt: row.paid_at,
  };
}
