import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { receive } from '../../payments/index.ts';
import { cardPayments, reconcileStripe } from '../compose/payments.ts';
import { organization, wallet } from '../test/tenants.ts';
import { SECRETS, type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

const TOP_UP = 25_000_000;
const SENDERS = 4;
/** A movement that was left behind is looked for every few seconds. */
const TAKEN_UP_MS = 180_000;
/** Each is answered when it is in the ledger, and there are hundreds. */
const MANY_EVENTS_MS = 300_000;

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

async function stateOf(id: string) {
  return (await stage.app.request('GET', `/v1/top_ups/${id}`)).body.state;
}

async function entries() {
  const { body } = await stage.app.request('GET', `/v1/wallets/${walletId}/entries`);
  return (body.data as Record<string, unknown>[]).map(({ kind, amount_micros: amount }) => [
    kind,
    amount,
  ]);
}

async function deliverAll(events: readonly object[]) {
  for (const event of events) {
    const answer = await stage.deliver(event);
    expect(answer.status, answer.text).toBe(200);
  }
}

/** Every order of a few things. */
function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => ordersOf(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

/** The same kind of event with other fields; the simulator never makes a wrong one. */
function altered(event: Stripe.Event, fields: Record<string, unknown>): object {
  return { ...event, id: `${event.id}x`, data: { object: { ...event.data.object, ...fields } } };
}

const aboutMoney = (events: readonly Stripe.Event[]) =>
  events.filter(({ type }) =>
    ['checkout.session.completed', 'payment_intent.succeeded', 'charge.succeeded'].includes(type),
  );

describe('credits', () => {
  test(
    'the same events five times, in every order, by four senders at once: once each',
    async () => {
      const mine = walletId;
      const orders = ordersOf([0, 1, 2]);
      await Promise.all(orders.map((order) => inOrder(mine, order)));
      expect(await stage.posted(mine)).toBe(orders.length * TOP_UP);
      expect(await entries()).toEqual(Array(orders.length).fill(['deposit', TOP_UP]));
    },
    MANY_EVENTS_MS,
  );

  async function inOrder(mine: string, order: readonly number[]): Promise<void> {
    const { id, intent } = await stage.paid(mine);
    const events = aboutMoney(await stage.events(intent));
    expect(events).toHaveLength(3);
    const sorted = order.map((i) => events[i] ?? {});
    const five = [sorted, sorted, sorted, sorted, sorted].flat();
    await Promise.all(Array.from({ length: SENDERS }, () => deliverAll(five)));
    expect(await stateOf(id)).toBe('succeeded');
  }

  test('is answered when it is in the ledger', async () => {
    const { intent } = await stage.paid(walletId);
    await deliverAll(aboutMoney(await stage.events(intent)).slice(0, 1));
    await deliverAll(aboutMoney(await stage.events(intent)));
    const { body } = await stage.app.request('GET', `/v1/wallets/${walletId}`);
    expect(body).toMatchObject({ posted_micros: TOP_UP, sequence: 1, ledger_sequence: 1 });
  });

  test.each(['events', 'reconcile'])('has its receipt, told of by %s', async (by) => {
    const since = new Date(Date.now() - 60_000);
    const { id, intent } = await stage.paid(walletId);
    if (by === 'reconcile') await reconcileStripe(stage.app.core, since);
    else await deliverAll(await stage.events(intent));
    const [charge] = (await stage.stripe.charges.list({ payment_intent: intent })).data;
    const { body } = await stage.app.request('GET', `/v1/top_ups/${id}`);
    expect(body).toMatchObject({ state: 'succeeded', receipt_url: charge?.receipt_url });
  });

  test('a bank debit credits once it came through, and not before', async () => {
    const topUp = await stage.order(walletId);
    await stage.visit(topUp, 'pay_later');
    const session = await stage.stripe.checkout.sessions.retrieve(
      String(topUp.checkout_session_id),
    );
    const intent = String(session.payment_intent);
    await deliverAll(await stage.events(intent));
    expect([await stage.posted(walletId), await stateOf(String(topUp.id))]).toEqual([0, 'pending']);
    await stage.control('settlements', { payment_intent: intent, succeeded: true });
    await deliverAll(await stage.events(intent));
    expect(await stage.posted(walletId)).toBe(TOP_UP);
    expect(await stateOf(String(topUp.id))).toBe('succeeded');
  });

  test('a page that expires or fails leaves nothing but its state; a declined card its code', async () => {
    const topUp = await stage.order(walletId);
    await stage.visit(topUp, 'decline');
    await stage.stripe.checkout.sessions.expire(String(topUp.checkout_session_id));
    await deliverAll(await stage.events(String(topUp.id)));
    const { body } = await stage.app.request('GET', `/v1/top_ups/${topUp.id}`);
    expect(body).toMatchObject({ state: 'expired', failure_code: 'insufficient_funds' });
    expect(body).not.toHaveProperty('url');
    expect(await entries()).toEqual([]);
  });

  test.each(['events', 'canceled first', 'canceled alone'])(
    'a page that is given up after a declined card, told by %s: expired',
    async (told) => {
      const topUp = await stage.order(walletId);
      await stage.visit(topUp, 'decline');
      await stage.stripe.checkout.sessions.expire(String(topUp.checkout_session_id));
      const events = await stage.events(String(topUp.id));
      const ends = events.filter(({ type }) => /expired|canceled/.test(type));
      expect(ends).toHaveLength(2);
      if (told === 'canceled alone') ends.shift();
      await deliverAll(told === 'events' ? ends : ends.reverse());
      expect(await stateOf(String(topUp.id))).toBe('expired');
    },
  );

  test.each([
    ['wrong_amount', { amount_received: 2499 }],
    ['wrong_currency', { currency: 'eur' }],
    ['wrong_wallet', { metadata: { ringfence_wallet_id: 'wal_another' } }],
    ['unknown_top_up', { metadata: { ringfence_top_up_id: 'top_nobody' } }],
  ])('%s is refused and nothing is credited; the right one still is', async (reason, fields) => {
    const { id, intent } = await stage.paid(walletId);
    const events = await stage.events(intent);
    const right = events.find(({ type }) => type === 'payment_intent.succeeded');
    if (right === undefined) throw new Error('no event');
    const { metadata } = right.data.object as Stripe.PaymentIntent;
    const wrong = 'metadata' in fields ? { metadata: { ...metadata, ...fields.metadata } } : fields;
    const answer = await stage.deliver(altered(right, wrong));
    expect(answer.body).toEqual({ received: true, applied: false, reason });
    expect([await stage.posted(walletId), await stateOf(id)]).toEqual([0, 'pending']);
    await deliverAll(events);
    expect([await stage.posted(walletId), await stateOf(id)]).toEqual([TOP_UP, 'succeeded']);
  });
});

describe('alarms', () => {
  const alarms = async (reason: string) => {
    const { text } = await stage.app.request('GET', '/metrics');
    const [, count] = new RegExp(`refused_total\\{reason="${reason}"\\} (\\d+)`).exec(text) ?? [];
    return Number(count ?? 0);
  };

  test('a refusal is counted once, however often it is said', async () => {
    const { intent } = await stage.paid(walletId);
    const events = await stage.events(intent);
    const right = events.find(({ type }) => type === 'payment_intent.succeeded');
    if (right === undefined) throw new Error('no event');
    const before = await alarms('wrong_amount');
    for (const amount of [2498, 2498, 2499]) {
      await stage.deliver(altered(right, { amount_received: amount }));
    }
    expect(await alarms('wrong_amount')).toBe(before + 1);
    const { text } = await stage.app.request('GET', '/metrics');
    expect(text).toMatch(/ringfence_payments_refused [1-9]/);
  });

  test('payments of another product on the same account raise none', async () => {
    const intent = await stage.stripe.paymentIntents.create({
      amount: 700,
      currency: 'usd',
      confirm: true,
      return_url: 'http://127.0.0.1/done',
      payment_method: 'pm_card_visa',
    });
    await stage.stripe.refunds.create({ payment_intent: intent.id });
    const before = await alarms('unknown_top_up');
    const events = (await stage.events(intent.id)).reverse();
    await deliverAll(events);
    const paid = events.find(({ type }) => type === 'payment_intent.succeeded');
    const answer = await stage.deliver(paid ?? {});
    expect(answer.body).toEqual({ received: true, applied: false });
    expect(await alarms('unknown_top_up')).toBe(before);
    expect(await stage.app.core.directory.payments.find(intent.id)).toMatchObject({
      refused: null,
      topUpId: null,
    });
  });
});

describe('a process that dies', () => {
  test.each(['before', 'after'])(
    '%s the money moved: it is moved once, by another',
    async (when) => {
      const { id, intent } = await stage.paid(walletId);
      const events = await stage.events(intent);
      const event = events.find(({ type }) => type === 'payment_intent.succeeded');
      const payload = JSON.stringify(event);
      const header = stage.stripe.webhooks.generateTestHeaderString({
        payload,
        secret: SECRETS[0],
      });
      const { context } = cardPayments(stage.app.core);
      const death = () => Promise.reject(new Error('killed'));
      const dying = {
        ...context,
        ...(when === 'before' ? { engine: { credit: death } } : { waitForLedger: death }),
      };
      const killed = receive(dying, Buffer.from(payload), header, SECRETS);
      await expect(killed).rejects.toThrow('killed');
      // The movement is a row by now; whoever looks after those takes it up without Stripe.
      await expect.poll(() => stateOf(id), { timeout: 60_000 }).toBe('succeeded');
      await deliverAll(await stage.events(intent));
      expect(await entries()).toEqual([['deposit', TOP_UP]]);
    },
    TAKEN_UP_MS,
  );
});

describe('the sender', () => {
  test('both secrets are taken, and no other; no signature, an old one, another body: 401', async () => {
    const about = { object: {} };
    const event = {
      id: 'evt_1',
      object: 'event',
      type: 'account.updated',
      created: 1,
      data: about,
    };
    for (const secret of SECRETS) {
      expect((await stage.deliver(event, secret)).body).toEqual({ received: true, applied: false });
    }
    expect((await stage.deliver(event, 'whsec_forged')).status).toBe(401);
    const payload = JSON.stringify(event);
    const secret = SECRETS[0];
    const timestamp = Math.floor(Date.now() / 1000) - 301;
    const signatures = [
      undefined,
      'nonsense',
      stage.stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
      stage.stripe.webhooks.generateTestHeaderString({ payload: `${payload} `, secret }),
    ];
    for (const signature of signatures) {
      const answer = await stage.app.request('POST', '/webhooks/stripe', {
        raw: payload,
        headers: signature === undefined ? {} : { 'stripe-signature': signature },
      });
      expect(answer.status).toBe(401);
      expect(answer.text).toMatch(/"invalid_signature".*Stripe-Signature/);
    }
  });
});

test.each([
  ['no object', { id: 'evt_1', object: 'event', type: 'charge.refunded', created: 1, data: null }],
  ['a thin event', { id: 'evt_1', object: 'v2.core.event', type: 'v1.billing.meter.error' }],
  ['a list', []],
])('what is signed and is %s is 400', async (_, event) => {
  const answer = await stage.deliver(event);
  expect([answer.status, answer.body.error]).toMatchObject([400, { code: 'invalid_request' }]);
});

describe('reconcile', () => {
  test('finds payments, refunds and disputes that no event told of, once', async () => {
    const since = new Date(Date.now() - 60_000);
    const { id, intent } = await stage.paid(walletId);
    await stage.stripe.refunds.create({ payment_intent: intent, amount: 1000 });
    const first = await reconcileStripe(stage.app.core, since);
    expect(first).toMatchObject({ failed: 0 });
    expect(first.mended).toBeGreaterThanOrEqual(1);
    expect([await stage.posted(walletId), await stateOf(id)]).toEqual([
      15_000_000,
      'partly_refunded',
    ]);
    await stage.control('disputes', { payment_intent: intent });
    await reconcileStripe(stage.app.core, since);
    expect([await stage.posted(walletId), await stateOf(id)]).toEqual([0, 'disputed']);
    const again = await reconcileStripe(stage.app.core, since);
    expect(again).toMatchObject({ mended: 0, failed: 0 });
    await deliverAll(await stage.events(intent));
    expect(await stage.posted(walletId)).toBe(0);
  });
});
