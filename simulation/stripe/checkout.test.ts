import type Stripe from 'stripe';
import { afterEach, expect, test } from 'vitest';
import { type Simulated, simulated, visit } from './test/simulated.ts';

let world: Simulated;
afterEach(() => world.stop());

const labels = { ringfence_top_up_id: 'top_1' };
const order: Stripe.Checkout.SessionCreateParams = {
  mode: 'payment',
  client_reference_id: 'wal_1',
  line_items: [
    {
      quantity: 2,
      price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Credit' } },
    },
  ],
  payment_intent_data: { setup_future_usage: 'off_session', metadata: labels },
  metadata: labels,
  success_url: 'http://127.0.0.1/done?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'http://127.0.0.1/canceled',
};

async function open() {
  const session = await world.stripe.checkout.sessions.create(order);
  return { session, url: session.url ?? '' };
}

test('a page that is paid redirects, and says so in signed events', async () => {
  world = await simulated();
  const { session, url } = await open();
  expect(session).toMatchObject({ amount_total: 2500, status: 'open', payment_status: 'unpaid' });
  const page = await fetch(url);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('no money moves');
  const paid = await visit(url, 'pay');
  expect(paid.status).toBe(303);
  expect(paid.headers.get('location')).toBe(`http://127.0.0.1/done?session=${session.id}`);
  await world.types([
    'customer.created',
    'payment_intent.created',
    'charge.succeeded',
    'payment_method.attached',
    'payment_intent.succeeded',
    'checkout.session.completed',
  ]);
  const after = await world.stripe.checkout.sessions.retrieve(session.id, {
    expand: ['payment_intent.latest_charge'],
  });
  expect(after).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
  expect(after.payment_intent).toMatchObject({
    amount_received: 2500,
    metadata: labels,
    latest_charge: { paid: true, metadata: labels },
  });
  const customer = String(after.customer);
  const cards = await world.stripe.customers.listPaymentMethods(customer);
  expect(cards.data).toHaveLength(1);
  expect((await visit(url, 'pay')).status).toBe(410);
});

test('a bank debit completes the page unpaid, and pays it later', async () => {
  world = await simulated({ settleMs: 10 });
  const { session, url } = await open();
  await visit(url, 'pay_later');
  await world.types([
    'customer.created',
    'payment_intent.created',
    'payment_intent.processing',
    'checkout.session.completed',
    'charge.succeeded',
    'payment_method.attached',
    'payment_intent.succeeded',
    'checkout.session.async_payment_succeeded',
  ]);
  const completed = world.received().find(({ type }) => type === 'checkout.session.completed');
  expect(completed?.data.object).toMatchObject({ id: session.id, payment_status: 'unpaid' });
});

test('a bank debit that fails says so', async () => {
  world = await simulated();
  const { session, url } = await open();
  await visit(url, 'pay_later');
  const { payment_intent: intent } = await world.stripe.checkout.sessions.retrieve(session.id);
  expect(world.simulator.control.settle(String(intent), false)).toBe(true);
  const failed = world.simulator.control.events().slice(-3);
  expect(failed.map(({ type }) => type)).toEqual([
    'charge.failed',
    'payment_intent.payment_failed',
    'checkout.session.async_payment_failed',
  ]);
});

test('a declined card leaves the page open; canceling it leaves nothing', async () => {
  world = await simulated();
  const { session, url } = await open();
  const declined = await visit(url, 'decline');
  expect(declined.status).toBe(402);
  expect(await declined.text()).toContain('insufficient funds');
  const canceled = await visit(url, 'cancel');
  expect(canceled.headers.get('location')).toBe('http://127.0.0.1/canceled');
  expect((await visit(url, 'pay')).status).toBe(303);
  expect(world.simulator.control.intents()).toHaveLength(1);
  const { status } = await world.stripe.checkout.sessions.retrieve(session.id);
  expect(status).toBe('complete');
});

test('a card whose bank asks leaves the page open until its owner has agreed', async () => {
  world = await simulated();
  const { session, url } = await open();
  for (const [outcome, status, payment] of [
    ['refuse', 'open', 'requires_payment_method'],
    ['agree', 'complete', 'succeeded'],
  ]) {
    const asked = await visit(url, 'pay_asking');
    expect(asked.status).toBe(303);
    const bank = asked.headers.get('location') ?? '';
    expect(bank).toContain('/c/authenticate/');
    const before = await world.stripe.checkout.sessions.retrieve(session.id);
    expect(before).toMatchObject({ status: 'open', payment_status: 'unpaid' });
    await visit(bank, outcome ?? '');
    const after = await world.stripe.checkout.sessions.retrieve(session.id, {
      expand: ['payment_intent'],
    });
    expect(after).toMatchObject({ status, payment_intent: { status: payment } });
  }
  const completed = world.simulator.control
    .events()
    .filter(({ type }) => type === 'checkout.session.completed');
  expect(completed).toHaveLength(1);
  expect(completed[0]?.data.object).toMatchObject({ payment_status: 'paid' });
});

test('a page that expires after a declined card cancels its payment', async () => {
  world = await simulated();
  const { session, url } = await open();
  await visit(url, 'decline');
  await world.stripe.checkout.sessions.expire(session.id);
  expect(world.simulator.control.intents()).toMatchObject([{ status: 'canceled' }]);
  const last = world.simulator.control.events().slice(-2);
  expect(last.map(({ type }) => type)).toEqual([
    'checkout.session.expired',
    'payment_intent.canceled',
  ]);
});

test('a page expires by its time, and when it is told to', async () => {
  world = await simulated({ scale: 100_000 });
  const { session } = await open();
  await world.types(['checkout.session.expired']);
  const { status, url } = await world.stripe.checkout.sessions.retrieve(session.id);
  expect({ status, url }).toEqual({ status: 'expired', url: null });
  await expect(world.stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({
    statusCode: 400,
  });
});
