/** Two Ringfences with a database each, on one account of Stripe's: what is the other's is left alone. */
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcileStripe } from '../compose/payments.ts';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import { API_KEY, SECRETS, type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

let stage: StripeStage;
let other: TestApplication;
beforeAll(async () => {
  stage = await stripeStage();
  other = await testApplication({
    STRIPE_API_KEY: API_KEY,
    STRIPE_BASE_URL: stage.url,
    STRIPE_WEBHOOK_SECRET: SECRETS[0],
    RINGFENCE_RECONCILE_SECONDS: '86400',
  });
});
afterAll(async () => {
  await other.stop();
  await stage.stop();
});

function deliver(app: TestApplication, event: object) {
  const payload = JSON.stringify(event);
  const header = stage.stripe.webhooks.generateTestHeaderString({ payload, secret: SECRETS[0] });
  const headers = { 'stripe-signature': header, authorization: '' };
  return app.request('POST', '/webhooks/stripe', { raw: payload, headers });
}

test('each is an installation of its own', () => {
  expect(stage.app.core.installation).toMatch(/^ins_/);
  expect(other.core.installation).not.toBe(stage.app.core.installation);
});

test('the events and lists of one are counted by the other, and alarm nobody', async () => {
  const since = new Date(Date.now() - 60_000);
  const walletId = await wallet(stage.app, await organization(stage.app, 'Acme'));
  const { id, intent } = await stage.paid(walletId);
  await stage.stripe.refunds.create({ payment_intent: intent, amount: 500 });
  for (const event of await stage.events(intent)) {
    const answer = await deliver(other, event);
    expect(answer.status, answer.text).toBe(200);
  }
  const pass = await reconcileStripe(other.core, since);
  expect(pass).toMatchObject({ refused: 0, failed: 0, mended: 0, complete: true });
  // Its payment and its page.
  expect(pass.foreign).toBe(2);
  expect((await other.core.directory.payments.waiting()).refused).toBe(0);
  const told = await other.core.stores.directory`select type from outbox`;
  expect(told).toEqual([]);

  expect(await reconcileStripe(stage.app.core, since)).toMatchObject({ foreign: 0, refused: 0 });
  expect((await stage.app.request('GET', `/v1/top_ups/${id}`)).body.state).toBe('partly_refunded');
});

test('a payment with our labels and no installation, of an earlier release, is ours', async () => {
  const walletId = await wallet(stage.app, await organization(stage.app, 'Acme'));
  const { intent } = await stage.paid(walletId);
  const events = await stage.events(intent);
  const event = events.find(({ type }) => type === 'payment_intent.succeeded');
  if (event === undefined) throw new Error('no event');
  const paid = event.data.object as Stripe.PaymentIntent;
  const { ringfence_installation: _, ...metadata } = paid.metadata;
  const object = { ...paid, metadata };
  const answer = await stage.deliver({ ...event, data: { object } });
  expect(answer.body).toMatchObject({ applied: true });
  expect(await stage.posted(walletId)).toBe(25_000_000);
});
