/**
 * What Stripe decides weeks after it was made, with the event lost: lists by the time of making do not
 * have it any more, and a pass finds it all the same.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { reconcileStripe } from '../compose/payments.ts';
import { organization, wallet } from '../test/tenants.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

const ACCOUNT = { provider: 'stripe', organizationId: '' };
const LATER_MS = 2 * 3_600_000;

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

async function deliverAll(about: string) {
  for (const event of await stage.events(about)) {
    const answer = await stage.deliver(event);
    expect(answer.status, answer.text).toBe(200);
  }
}

/** Everything that there is now is too old for the lists of the next pass. */
async function timeGoesBy() {
  const { reconcileMarks } = stage.app.core.directory;
  await reconcileMarks.advance(ACCOUNT, new Date(0), new Date(Date.now() + LATER_MS));
}

async function pass() {
  const report = await reconcileStripe(stage.app.core);
  expect(report).toMatchObject({ failed: 0, refused: 0 });
  return report;
}

/** Posted in whole units, and the state of the top-up. */
async function seen(topUpId: unknown) {
  const { body } = await stage.app.request('GET', `/v1/top_ups/${topUpId}`);
  return [(await stage.posted(walletId)) / 1_000_000, body.state];
}

test.each([
  [true, 25, 'succeeded'],
  [false, 0, 'failed'],
])('a bank debit that settles days later (%s): %i, %s', async (succeeded, units, state) => {
  const topUp = await stage.order(walletId);
  await stage.visit(topUp, 'pay_later');
  const sessionId = String(topUp.checkout_session_id);
  const { payment_intent: intent } = await stage.stripe.checkout.sessions.retrieve(sessionId);
  await deliverAll(String(intent));
  await pass();
  expect(await seen(topUp.id)).toEqual([0, 'pending']);
  await timeGoesBy();
  await stage.control('settlements', { payment_intent: intent, succeeded });
  expect((await pass()).mended).toBeGreaterThanOrEqual(1);
  expect(await seen(topUp.id)).toEqual([units, state]);
  expect(await pass()).toMatchObject({ mended: 0 });
});

test('a page that expires', async () => {
  const topUp = await stage.order(walletId);
  await timeGoesBy();
  await stage.stripe.checkout.sessions.expire(String(topUp.checkout_session_id));
  await pass();
  expect(await seen(topUp.id)).toEqual([0, 'expired']);
});

test('a page that Stripe does not know any more is over after a day', async () => {
  const topUp = await stage.order(walletId);
  const { ledger } = stage.app.core.stores;
  await ledger`
    update top_ups set checkout_session_id = 'cs_test_0000' where id = ${String(topUp.id)}`;
  await timeGoesBy();
  await pass();
  expect(await seen(topUp.id)).toEqual([0, 'pending']);
  await ledger`
    update top_ups set created_at = now() - interval '25 hours' where id = ${String(topUp.id)}`;
  await pass();
  expect(await seen(topUp.id)).toEqual([0, 'expired']);
});

test.each([
  ['won', 25],
  ['lost', 0],
])('a dispute that is %s weeks later: %i', async (status, units) => {
  const { id, intent } = await stage.paid(walletId);
  const dispute = await stage.control('disputes', { payment_intent: intent });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([0, 'disputed']);
  await timeGoesBy();
  await stage.control('dispute-ends', { dispute: dispute.id, status });
  await pass();
  expect(await seen(id)).toEqual([units, status]);
});

test.each([
  ['refund-settlements', 0, 'refunded'],
  ['refund-failures', 25, 'succeeded'],
])('a refund to a bank account, after %s: %i, %s', async (what, units, state) => {
  const topUp = await stage.order(walletId);
  await stage.visit(topUp, 'pay_later');
  const sessionId = String(topUp.checkout_session_id);
  const { payment_intent: id } = await stage.stripe.checkout.sessions.retrieve(sessionId);
  const intent = String(id);
  await stage.control('settlements', { payment_intent: intent, succeeded: true });
  const refund = await stage.stripe.refunds.create({ payment_intent: intent });
  await deliverAll(intent);
  expect(await seen(topUp.id)).toEqual([0, 'refunded']);
  const { payments } = stage.app.core.directory;
  const undecided = async () =>
    (await payments.undecided('', 1000)).some(({ paymentIntent }) => paymentIntent === intent);
  expect(await undecided()).toBe(true);
  await timeGoesBy();
  await stage.control(what, { refund: refund.id });
  await pass();
  expect(await seen(topUp.id)).toEqual([units, state]);
  expect(await undecided()).toBe(false);
});

test('a refund that succeeded and is sent back', async () => {
  const { id, intent } = await stage.paid(walletId);
  const refund = await stage.stripe.refunds.create({ payment_intent: intent, amount: 1000 });
  await deliverAll(intent);
  expect(await seen(id)).toEqual([15, 'partly_refunded']);
  await timeGoesBy();
  await stage.control('refund-failures', { refund: refund.id });
  await pass();
  expect(await seen(id)).toEqual([25, 'succeeded']);
});
