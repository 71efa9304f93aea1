/** What tests of auto-recharges do again and again, on the stage of Stripe. */
import { expect } from 'vitest';
import { EVENTS } from '../../../notifications/index.ts';
import type { ApiAnswer, Call } from '../../test/application.ts';
import { organization, wallet } from '../../test/tenants.ts';
import type { StripeStage } from './stripe-stage.ts';

export const UNIT = 1_000_000;
/** Charged at 10 or under, by 25. */
export const TERMS = {
  threshold_micros: 10 * UNIT,
  amount_micros: 25 * UNIT,
  cool_off_seconds: 0,
  return_url: 'http://127.0.0.1/billing',
};

export interface Payer {
  readonly organizationId: string;
  readonly walletId: string;
  readonly customer: string;
  /** Its saved card. */
  readonly card: string;
}

/** An organization with a saved card and a wallet that holds so much. */
export async function payer(stage: StripeStage, units = 100): Promise<Payer> {
  const { app, stripe } = stage;
  const organizationId = await organization(app, 'Acme');
  const walletId = await wallet(app, organizationId, units * UNIT);
  const customer = (await stripe.customers.create({ name: 'Acme' })).id;
  await app.core.directory.topUps.keepCustomer(organizationId, customer);
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  return { organizationId, walletId, customer, card: card.id };
}

type Asks = { request(method: string, path: string, call?: Call): Promise<ApiAnswer> };

const pathOf = (walletId: string) => `/v1/wallets/${walletId}/auto_recharge`;

/** Sets an auto-recharge; the answer must be 200. */
export async function recharging(
  app: Asks,
  { walletId }: Pick<Payer, 'walletId'>,
  fields: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const answer = await app.request('PUT', pathOf(walletId), { body: { ...TERMS, ...fields } });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

export async function standing(app: Asks, { walletId }: Pick<Payer, 'walletId'>) {
  return (await app.request('GET', pathOf(walletId))).body;
}

export async function spend(app: Asks, { walletId }: Pick<Payer, 'walletId'>, units: number) {
  const answer = await app.request('POST', `/v1/wallets/${walletId}/charges`, {
    body: { amount_micros: units * UNIT },
  });
  expect(answer.status, answer.text).toBe(201);
}

/** The attempts of a wallet, oldest first. */
export async function attempts(app: Asks, { walletId }: Pick<Payer, 'walletId'>) {
  const path = `/v1/top_ups?wallet_id=${walletId}&origin=auto_recharge&limit=100`;
  const { data } = (await app.request('GET', path)).body;
  return (data as Record<string, unknown>[]).reverse();
}

/** What the simulated Stripe has been asked to charge a customer, oldest first. */
export async function charges(stage: StripeStage, { customer }: Pick<Payer, 'customer'>) {
  const list = await stage.stripe.paymentIntents.list({ customer, limit: 100 });
  return list.data.reverse().map(({ status, amount }) => [status, amount] as const);
}

const KINDS = ['succeeded', 'failed', 'action_required', 'stopped', 'capped'] as const;

/** `auto_recharge.*` of a wallet, in their order, each with the data that the catalogue says. */
export async function told(stage: StripeStage, { walletId }: Pick<Payer, 'walletId'>) {
  const rows = await stage.app.core.stores.directory<
    { type: string; data: Record<string, unknown> }[]
  >`
    select replace(type, 'auto_recharge.', '') as type, data from outbox
    where subject = ${walletId} and type like 'auto_recharge.%' order by position`;
  for (const { type, data } of rows) {
    const kind = KINDS.find((one) => one === type);
    if (kind === undefined) throw new Error(`auto_recharge.${type} is in no catalogue`);
    EVENTS[`auto_recharge.${kind}`].data.strict().parse(data);
  }
  return rows;
}
