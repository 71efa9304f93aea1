/** A payment that cannot be credited, for whatever reason, holds up no other. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receive, startPaymentResume } from '../../payments/index.ts';
import { cardPayments, reconcileStripe } from '../compose/payments.ts';
import { organization, wallet } from '../test/tenants.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

const ACCOUNT = { provider: 'stripe', organizationId: '' };
const STUCK = 3;
/** What is taken up again rests at least this long. */
const PUT_OFF_MS = 5_000;

let stage: StripeStage;
let walletId: string;
beforeAll(async () => {
  stage = await stripeStage();
  walletId = await wallet(stage.app, await organization(stage.app, 'Acme'));
});
afterAll(() => stage.stop());

async function paidEvent(intent: string) {
  const events = await stage.events(intent);
  const event = events.find(({ type }) => type === 'payment_intent.succeeded');
  if (event === undefined) throw new Error('no event');
  return event;
}

/** Pays an order whose credit can never be made: its key is taken by something else. */
async function stuck(): Promise<string> {
  const { id, intent } = await stage.paid(walletId);
  const { engine, directory } = stage.app.core;
  const mine = await directory.wallets.get(walletId);
  if (mine === undefined) throw new Error('no wallet');
  const { rootId: scope, partition, organizationId } = mine;
  const request = { kind: 'payment_intent', scope, key: intent, fingerprint: 'else' } as const;
  const credit = { walletId, kind: 'deposit', amountMicros: 1 } as const;
  await engine.credit({ partition, request, organizationId, ...credit });
  expect((await stage.deliver(await paidEvent(intent))).status).toBe(500);
  return id;
}

/** Pays an order, of which the process that was told dies before it moves the money. */
async function leftBehind(): Promise<string> {
  const { id, intent } = await stage.paid(walletId);
  const payload = JSON.stringify(await paidEvent(intent));
  const secret = 'whsec_of_the_dying';
  const signature = stage.stripe.webhooks.generateTestHeaderString({ payload, secret });
  const { context } = cardPayments(stage.app.core);
  const dying = { ...context, engine: { credit: () => Promise.reject(new Error('killed')) } };
  const killed = receive(dying, Buffer.from(payload), signature, [secret]);
  await expect(killed).rejects.toThrow('killed');
  return id;
}

test('those behind it are taken up, and the lists are compared from where they ended', async () => {
  const ids: string[] = [];
  for (let n = 0; n < STUCK; n++) ids.push(await stuck());
  const behind = await leftBehind();
  const resuming = startPaymentResume(cardPayments(stage.app.core).context, 0, 50);
  const state = async (id: string) =>
    (await stage.app.request('GET', `/v1/top_ups/${id}`)).body.state;
  await expect.poll(() => state(behind), { timeout: 60_000 }).toBe('succeeded');
  await resuming.stop();
  expect(await Promise.all(ids.map(state))).toEqual(Array(STUCK).fill('pending'));

  const report = await reconcileStripe(stage.app.core);
  expect(report).toMatchObject({ failed: 0, complete: true });
  expect(report.unfinished).toBeGreaterThanOrEqual(STUCK);
  const { reconcileMarks } = stage.app.core.directory;
  expect(await reconcileMarks.reconciledUntil(ACCOUNT)).toEqual(report.until);
});

test('a state that a process did not come to set is set by another', async () => {
  const { id, intent } = await stage.paid(walletId);
  expect((await stage.deliver(await paidEvent(intent))).status).toBe(200);
  await stage.stripe.refunds.create({ payment_intent: intent });
  const event = (await stage.events(intent)).find(({ type }) => type === 'charge.refunded');
  const payload = JSON.stringify(event);
  const secret = 'whsec_of_the_dying';
  const signature = stage.stripe.webhooks.generateTestHeaderString({ payload, secret });
  const { context } = cardPayments(stage.app.core);
  const killed = () => {
    throw new Error('killed');
  };
  const dying = { ...context, tell: { ...context.tell, topUp: killed } };
  const received = receive(dying, Buffer.from(payload), signature, [secret]);
  await expect(received).rejects.toThrow('killed');
  const state = async () => (await stage.app.request('GET', `/v1/top_ups/${id}`)).body.state;
  expect(await state()).toBe('succeeded');

  const resuming = startPaymentResume(context, 0, 50);
  await expect.poll(state, { timeout: 60_000 }).toBe('refunded');
  await resuming.stop();
  expect(await stage.app.core.directory.payments.claimUnfinished(0, 100)).not.toContain(intent);
});

test('it is tried again later and later', async () => {
  const { payments } = stage.app.core.directory;
  await stuck();
  let claimed = 0;
  const startedMs = performance.now();
  const wentOnMs = () => performance.now() - startedMs;
  while (wentOnMs() < 2_000) claimed += (await payments.claimUnfinished(0, 100)).length;
  // Without the waits it would be hundreds.
  const eachAtMost = 1 + Math.floor(wentOnMs() / PUT_OFF_MS);
  expect(claimed).toBeLessThanOrEqual((1 + STUCK) * eachAtMost);
  expect(claimed).toBeGreaterThanOrEqual(1);
});
