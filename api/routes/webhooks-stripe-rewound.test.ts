/**
 * Postgres came back older and its ledger was replayed from the journal, the rows of payments were not.
 * What Stripe has said since then comes again, in other steps, and nothing moves twice.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startPaymentResume } from '../../payments/index.ts';
import { cardPayments } from '../compose/payments.ts';
import { organization, wallet } from '../test/tenants.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

let stage: StripeStage;
let organizationId: string;
let walletId: string;
beforeAll(async () => {
  stage = await stripeStage();
  organizationId = await organization(stage.app, 'Acme');
});
afterAll(() => stage.stop());
beforeEach(async () => {
  walletId = await wallet(stage.app, organizationId);
});

const sql = () => stage.app.core.stores.ledger;

async function seen(id: string) {
  const { body } = await stage.app.request('GET', `/v1/top_ups/${id}`);
  const { body: entries } = await stage.app.request('GET', `/v1/wallets/${walletId}/entries`);
  return [await stage.posted(walletId), body.state, (entries.data as unknown[]).length];
}

/** Pays 25, gives 10 and 15 back; answers the event that says 25 were given back. */
async function refunded() {
  const { id, intent } = await stage.paid(walletId);
  for (const amount of [1000, 1500]) {
    await stage.stripe.refunds.create({ payment_intent: intent, amount });
    for (const event of await stage.events(intent)) {
      expect((await stage.deliver(event)).status).toBe(200);
    }
  }
  expect(await seen(id)).toEqual([0, 'refunded', 3]);
  const events = await stage.events(intent);
  const last = events.filter(({ type }) => type === 'charge.refunded').at(-1);
  const paid = events.find(({ type }) => type === 'payment_intent.succeeded');
  if (last === undefined || paid === undefined) throw new Error('no event');
  return { id, intent, last, paid };
}

/** As it was before the refunds. */
async function beforeRefunds(intent: string) {
  await sql()`delete from payment_movements where payment_intent = ${intent} and ordinal > 0`;
  await sql()`
    update payments set refunded_minor = 0, refunds = '{}' where payment_intent = ${intent}`;
  await sql()`update top_ups set state = 'succeeded' where payment_intent = ${intent}`;
}

test('refunds that were two are told of as one', async () => {
  const { id, intent, last } = await refunded();
  await beforeRefunds(intent);
  expect((await stage.deliver(last)).status).toBe(200);
  expect(await seen(id)).toEqual([0, 'refunded', 3]);
});

test('a dispute is told of before the refunds', async () => {
  const { id, intent, last } = await refunded();
  await beforeRefunds(intent);
  await stage.control('disputes', { payment_intent: intent, amount: 500 });
  const about = await stage.events(intent);
  const opened = about.find(({ type }) => type === 'charge.dispute.created');
  expect((await stage.deliver(opened ?? {})).status).toBe(200);
  expect((await stage.deliver(last)).status).toBe(200);
  expect((await seen(id)).slice(0, 2)).toEqual([0, 'disputed']);
});

test('the payment is not known at all any more', async () => {
  const { id, intent, last, paid } = await refunded();
  await sql()`delete from payment_movements where payment_intent = ${intent}`;
  await sql()`delete from payments where payment_intent = ${intent}`;
  await sql()`
    update top_ups set state = 'pending', payment_intent = null, paid_at = null where id = ${id}`;
  for (const event of [last, paid]) expect((await stage.deliver(event)).status).toBe(200);
  expect(await seen(id)).toEqual([0, 'refunded', 3]);
});

test('while the ledger is still being replayed nothing moves; then it is taken up', async () => {
  const { id, intent, last } = await refunded();
  await beforeRefunds(intent);
  const kept = await sql()`
    delete from natural_keys where kind = 'refund_id' and key like ${`${intent}:%`} returning *`;
  expect(kept).toHaveLength(2);
  expect((await stage.deliver(last)).status).toBe(500);
  expect(await seen(id)).toEqual([0, 'succeeded', 3]);
  await sql()`insert into natural_keys ${sql()(kept)}`;
  const resuming = startPaymentResume(cardPayments(stage.app.core).context, 0, 50);
  await expect.poll(() => seen(id), { timeout: 60_000 }).toEqual([0, 'refunded', 3]);
  await resuming.stop();
});
