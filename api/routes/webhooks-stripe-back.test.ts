/** Money that goes back: refunds and disputes, step by step, and in any order. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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

async function deliverAll(intent: string) {
  for (const event of await stage.events(intent)) {
    const answer = await stage.deliver(event);
    expect(answer.status, answer.text).toBe(200);
  }
}

/** Posted in whole units, and the state of the top-up. */
async function seen(id: string) {
  const { body } = await stage.app.request('GET', `/v1/top_ups/${id}`);
  return [(await stage.posted(walletId)) / 1_000_000, body.state];
}

const spend = (amount: number) =>
  stage.app.request('POST', `/v1/wallets/${walletId}/charges`, {
    body: { amount_micros: amount * 1_000_000 },
  });

test('refunds in two steps, of which one fails: 25, 15, 0, 10', async () => {
  const { id, intent } = await stage.paid(walletId);
  await deliverAll(intent);
  expect(await seen(id)).toEqual([25, 'succeeded']);
  const { id: first } = await stage.stripe.refunds.create({ payment_intent: intent, amount: 1000 });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([15, 'partly_refunded']);
  await stage.stripe.refunds.create({ payment_intent: intent });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([0, 'refunded']);
  await stage.control('refund-failures', { refund: first });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([10, 'partly_refunded']);
});

test('a dispute takes what was spent too, below zero, with the shortfall recorded; won, it is back', async () => {
  const { id, intent } = await stage.paid(walletId);
  await deliverAll(intent);
  expect((await spend(20)).status).toBe(201);
  expect(await seen(id)).toEqual([5, 'succeeded']);
  const dispute = await stage.control('disputes', { payment_intent: intent });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([-20, 'disputed']);
  const { body } = await stage.app.request('GET', `/v1/wallets/${walletId}/entries?kind=dispute`);
  expect(body.data).toMatchObject([
    { amount_micros: -25_000_000, shortfall_micros: 20_000_000, description: 'dispute_hold' },
  ]);
  expect((await spend(1)).status).toBe(402);
  await stage.control('dispute-ends', { dispute: dispute.id, status: 'won' });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([5, 'won']);
});

test('a dispute that is lost keeps what it took; an inquiry takes nothing', async () => {
  const { id, intent } = await stage.paid(walletId);
  const inquiry = await stage.control('disputes', { payment_intent: intent, inquiry: true });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([25, 'succeeded']);
  await stage.control('dispute-ends', { dispute: inquiry.id, status: 'warning_closed' });
  const dispute = await stage.control('disputes', { payment_intent: intent, amount: 1000 });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([15, 'disputed']);
  await stage.control('dispute-ends', { dispute: dispute.id, status: 'lost' });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([15, 'lost']);
});

test('a package gives its bonus back in proportion, and all of it in the end', async () => {
  const made = await stage.app.request('POST', '/v1/packages', {
    body: {
      name: 'With a bonus',
      price_micros: 30_000_000,
      price_currency: 'usd',
      credit_micros: 30_000_000,
      bonus_micros: 1_000_000,
    },
  });
  const { id, intent } = await stage.paid(walletId, { package_id: made.body.id });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([31, 'succeeded']);
  await stage.stripe.refunds.create({ payment_intent: intent, amount: 1000 });
  await deliverAll(intent);
  expect(await stage.posted(walletId)).toBe(31_000_000 - 10_333_333);
  await stage.stripe.refunds.create({ payment_intent: intent });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([0, 'refunded']);
});

test('refunds and a dispute told backwards, before the payment itself, by four at once: one end', async () => {
  const { id, intent } = await stage.paid(walletId);
  await stage.stripe.refunds.create({ payment_intent: intent, amount: 500 });
  const dispute = await stage.control('disputes', { payment_intent: intent, amount: 2000 });
  await stage.control('dispute-ends', { dispute: dispute.id, status: 'won' });
  const backwards = (await stage.events(intent)).reverse();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const event of backwards) expect((await stage.deliver(event)).status).toBe(200);
    }),
  );
  expect(await seen(id)).toEqual([20, 'partly_refunded']);
});
