/**
 * Stripe sends its events itself, as it does: over HTTP, signed, doubled, out of order, and again when
 * they were not taken.
 */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Difference, verify } from '../../persistence/index.ts';
import { type HttpServer, listen } from '../server.ts';
import { organization, wallet } from '../test/tenants.ts';
import { SECRETS, type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

const TOP_UPS = 8;
/** The simulator sends again after 0.5 s, 2 s, 5 s. */
const ARRIVED_MS = 300_000;

let stage: StripeStage;
let server: HttpServer;
let organizationId: string;
/** Deliveries, and those that were turned away at the door. */
const arrived = { events: new Map<string, number>(), refused: 0 };
beforeAll(async () => {
  stage = await stripeStage();
  organizationId = await organization(stage.app, 'Acme');
  const log = pino({ level: 'silent' });
  server = await listen(door, { host: '127.0.0.1', port: 0, log });
  const url = `http://127.0.0.1:${server.port}/webhooks/stripe`;
  await stage.control('endpoint', { url, secret: SECRETS[1] });
});
afterAll(async () => {
  await server?.stop(1_000);
  await stage?.stop();
});

/** Every third delivery meets a server that is away. */
async function door(request: Request): Promise<Response> {
  const { id } = (await request.clone().json()) as { id: string };
  const count = arrived.events.get(id) ?? 0;
  arrived.events.set(id, count + 1);
  if (count === 0 && arrived.events.size % 3 === 0) {
    arrived.refused += 1;
    return new Response('', { status: 503 });
  }
  return stage.app.raw(request);
}

async function pending(): Promise<unknown> {
  const counts = await fetch(`${stage.url}/simulation/counts`);
  return ((await counts.json()) as Record<string, unknown>).webhooks_pending;
}

/** Pays by card, or by the way that is named; answers the wallet, the order and the payment. */
async function bought(outcome: string) {
  const walletId = await wallet(stage.app, organizationId);
  const topUp = await stage.order(walletId);
  await stage.visit(topUp, outcome);
  const session = await stage.stripe.checkout.sessions.retrieve(String(topUp.checkout_session_id));
  return { walletId, id: String(topUp.id), intent: String(session.payment_intent) };
}

async function seen({ walletId, id }: { walletId: string; id: string }) {
  const { body } = await stage.app.request('GET', `/v1/top_ups/${id}`);
  return [(await stage.posted(walletId)) / 1_000_000, body.state];
}

test(
  'events that come as Stripe sends them credit, refund and dispute once',
  async () => {
    const unruly = { duplicate: 0.4, disorder: 0.4, disorderMs: [0, 1_500] };
    await stage.control('faults', { webhooks: { '*': unruly } });
    const paid = await Promise.all(Array.from({ length: TOP_UPS }, () => bought('pay')));
    const asking = await bought('pay_asking');
    const later = await bought('pay_later');
    const agreed = `${stage.url}/c/authenticate/${asking.intent}`;
    await fetch(agreed, { method: 'POST', body: new URLSearchParams({ outcome: 'agree' }) });
    await stage.control('settlements', { payment_intent: later.intent, succeeded: true });
    const [refunded, disputed, ...kept] = paid;
    await stage.stripe.refunds.create({ payment_intent: refunded?.intent ?? '', amount: 1000 });
    const dispute = await stage.control('disputes', { payment_intent: disputed?.intent });
    await stage.control('dispute-ends', { dispute: dispute.id, status: 'lost' });

    await expect.poll(pending, { timeout: ARRIVED_MS, interval: 200 }).toBe(0);
    expect(arrived.refused).toBeGreaterThan(0);
    expect(Math.max(...arrived.events.values())).toBeGreaterThan(1);
    expect(await Promise.all(kept.map(seen))).toEqual(kept.map(() => [25, 'succeeded']));
    expect(await Promise.all([asking, later].map(seen))).toEqual([
      [25, 'succeeded'],
      [25, 'succeeded'],
    ]);
    expect(refunded && (await seen(refunded))).toEqual([15, 'partly_refunded']);
    expect(disputed && (await seen(disputed))).toEqual([0, 'lost']);
    const found: Difference[] = [];
    const { stores, chainKey } = stage.app.core;
    for await (const one of verify({ sql: stores.ledger, chainKey })) found.push(one);
    expect(found).toEqual([]);
  },
  ARRIVED_MS,
);
