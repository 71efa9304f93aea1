/** Every example of Stripe's own messages, through the server, to what it must lead to. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

const FOLDER = new URL('../../payments/fixtures/', import.meta.url);
const SECRET = 'whsec_of_the_fixtures';
const { webhooks } = new Stripe('sk_unused');

let app: TestApplication;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication({ STRIPE_WEBHOOK_SECRET: SECRET });
  organizationId = await organization(app, 'Acme');
});
afterAll(() => app.stop());

const PAID = 'checkout.session.completed.paid';
const AUTO = 'payment_intent.succeeded.auto_recharge';

/** Events in their order, what the wallet has afterwards, and what the order has become. */
const STORIES: [string[], number, string][] = [
  [[PAID], 25, 'succeeded'],
  [[PAID, 'payment_intent.succeeded.topup'], 25, 'succeeded'],
  [['payment_intent.succeeded.topup', 'checkout.session.expired'], 25, 'succeeded'],
  [['checkout.session.async_payment_succeeded'], 25, 'succeeded'],
  [['checkout.session.expired'], 0, 'expired'],
  [[PAID, 'refund.created'], 15, 'partly_refunded'],
  [[PAID, 'refund.created', 'charge.refunded.full'], 0, 'refunded'],
  [['charge.refunded.full', 'refund.created', PAID], 0, 'refunded'],
  [[PAID, 'charge.dispute.created', 'charge.dispute.funds_withdrawn'], 0, 'disputed'],
  [
    [
      PAID,
      'charge.dispute.created',
      'charge.dispute.closed.won',
      'charge.dispute.funds_reinstated',
    ],
    25,
    'won',
  ],
  [[AUTO], 50, 'succeeded'],
  [['payment_intent.payment_failed.card_declined'], 0, 'created'],
  [['payment_intent.payment_failed.authentication_required'], 0, 'created'],
  [['payment_intent.payment_failed.card_declined', AUTO], 50, 'succeeded'],
  [['payment_intent.requires_action'], 0, 'created'],
];

function fixture(name: string): string {
  return readFileSync(new URL(`evt.${name}.json`, FOLDER), 'utf8');
}

async function orderOf(walletId: string, chargeMinor: number) {
  const { topUp } = await app.core.directory.topUps.create({
    organizationId,
    walletId,
    packageId: null,
    title: 'Prepaid credit',
    chargeMinor,
    chargeCurrency: 'usd',
    creditMicros: chargeMinor * 10_000,
    bonusMicros: 0,
    saveCard: false,
    successUrl: 'http://127.0.0.1/',
    cancelUrl: 'http://127.0.0.1/',
    request: { scope: organizationId, key: randomUUID(), fingerprint: 'fixture' },
  });
  return topUp.id;
}

async function post(text: string) {
  const payload = JSON.stringify(JSON.parse(text));
  const header = webhooks.generateTestHeaderString({ payload, secret: SECRET });
  const headers = { 'stripe-signature': header };
  return app.request('POST', '/webhooks/stripe', { raw: payload, headers });
}

test.each(STORIES)('%j: the wallet has %i and the order is %s', async (names, units, state) => {
  const walletId = await wallet(app, organizationId);
  const auto = names.some((name) => fixture(name).includes('top_01JCX6C0RG'));
  const topUpId = await orderOf(walletId, auto ? 5000 : 2500);
  const run = randomUUID().slice(0, 8);
  for (const name of [...names, ...names]) {
    const text = fixture(name)
      .replaceAll(/top_01JCX(5B9QF|6C0RG)/g, topUpId)
      .replaceAll('wal_01J9ZK5T7C', walletId)
      .replaceAll(/(pi|ch|re|du|evt)_([13])SRf/g, `$1_$2${run}`);
    const answer = await post(text);
    expect(answer.status, answer.text).toBe(200);
  }
  const balance = await app.request('GET', `/v1/wallets/${walletId}`);
  expect(balance.body.posted_micros).toBe(units * 1_000_000);
  const order = await app.request('GET', `/v1/top_ups/${topUpId}`);
  expect(order.body.state).toBe(state);
});

test('every event among the examples has its story', () => {
  const events = readdirSync(FOLDER)
    .filter((file) => file.startsWith('evt.'))
    .map((file) => file.slice('evt.'.length, -'.json'.length));
  expect([...new Set(STORIES.flatMap(([names]) => names))].sort()).toEqual(events.sort());
});
