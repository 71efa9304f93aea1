/** What becomes of an auto-recharge whose card does not pay, by a clock of the test's own. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type ClockedStage, clockedStage } from '../webhooks/test/recharge-clock.ts';
import {
  attempts,
  charges,
  type Payer,
  payer,
  recharging,
  spend,
  standing,
  told,
  UNIT,
} from '../webhooks/test/recharge-stage.ts';

const MINUTE_MS = 60_000;
/** Several steps through the ledger each, on a machine that has other things to do. */
vi.setConfig({ testTimeout: 240_000 });
const soon = { timeout: 60_000, interval: 20 };

let stage: ClockedStage;
let acme: Payer;
beforeAll(async () => {
  stage = await clockedStage('2027-03-10T10:00:00Z');
  stage.worker();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  acme = await payer(stage);
});

const becomes = (card: string) =>
  stage.control('cards', { payment_method: acme.card, test_card: card });
const types = async () => (await told(stage, acme)).map(({ type }) => type);
const status = async () => (await standing(stage.app, acme)).status;
const count = async () => (await charges(stage, acme)).length;

/** Nothing more happens to its charges while the worker looks a few times. */
async function staysAt(expected: number): Promise<void> {
  const { autoRecharges } = stage.app.core.directory;
  const due = await autoRecharges.due(new Date(stage.nowMs()), 100);
  expect(due.map(({ walletId }) => walletId)).not.toContain(acme.walletId);
  expect(await count()).toBe(expected);
}

test('declines are tried again later and later, and stop after so many, told of each time', async () => {
  await recharging(stage.app, acme, { failures_max: 4 });
  await becomes('chargeDeclined');
  await spend(stage.app, acme, 95);
  let waits = 0;
  for (const minutes of [5, 10, 20]) {
    waits += 1;
    await expect.poll(types, soon).toHaveLength(waits);
    stage.pass(minutes * MINUTE_MS - 1_000);
    await staysAt(waits);
    stage.pass(1_000);
  }
  await expect.poll(status, soon).toBe('stopped');
  stage.pass(40 * 86_400_000);
  await staysAt(4);
  expect(await types()).toEqual(['failed', 'failed', 'failed', 'failed', 'stopped']);
  const [first, , , , stopped] = await told(stage, acme);
  expect(first?.data).toMatchObject({ reason: 'generic_decline', failures: 1 });
  expect(Date.parse(String(first?.data.retry_at))).toBeLessThan(stage.nowMs());
  expect(stopped?.data).toMatchObject({ reason: 'generic_decline' });
  // Each try is a payment of its own, under its own key.
  const made = await attempts(stage.app, acme);
  expect(made.map(({ state }) => state)).toEqual(Array(4).fill('failed'));
  expect(new Set((await charges(stage, acme)).map(([was]) => was))).toEqual(
    new Set(['requires_payment_method']),
  );
  expect(await stage.posted(acme.walletId)).toBe(5 * UNIT);
});

test('set again with a card that pays it goes on, and the failures are forgotten', async () => {
  await recharging(stage.app, acme, { failures_max: 1 });
  await becomes('chargeDeclined');
  await spend(stage.app, acme, 95);
  await expect.poll(status, soon).toBe('stopped');
  await becomes('visa');
  await recharging(stage.app, acme);
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(30 * UNIT);
  expect(await standing(stage.app, acme)).toMatchObject({ status: 'active', failures: 0 });
});

test('a success after a decline ends the count', async () => {
  await recharging(stage.app, acme, { failures_max: 2 });
  await becomes('chargeDeclined');
  await spend(stage.app, acme, 95);
  await expect.poll(types, soon).toEqual(['failed']);
  await becomes('visa');
  stage.pass(5 * MINUTE_MS);
  await expect.poll(types, soon).toEqual(['failed', 'succeeded']);
  await expect.poll(() => standing(stage.app, acme), soon).toMatchObject({ failures: 0 });
});

test('a card that will never pay again stops it at once', async () => {
  await recharging(stage.app, acme);
  await becomes('chargeDeclinedExpiredCard');
  await spend(stage.app, acme, 95);
  await expect.poll(status, soon).toBe('stopped');
  expect(await types()).toEqual(['failed', 'stopped']);
  expect(await count()).toBe(1);
});

test('a card whose owner is asked: a link, and it goes on by the card that was saved there', async () => {
  await recharging(stage.app, acme);
  await becomes('authenticationRequired');
  await spend(stage.app, acme, 95);
  await expect.poll(types, soon).toEqual(['failed', 'action_required']);
  stage.pass(86_400_000);
  await staysAt(1);
  const view = await standing(stage.app, acme);
  expect(view).toMatchObject({ status: 'action_required', confirm_url: expect.any(String) });
  const [, asked] = await told(stage, acme);
  expect(asked?.data).toMatchObject({ url: view.confirm_url, amount_micros: 25 * UNIT });

  await stage.visit({ url: view.confirm_url }, 'pay');
  const [paid] = await stage.stripe.paymentIntents
    .list({ customer: acme.customer })
    .then(({ data }) => data.filter((intent) => intent.status === 'succeeded'));
  for (const event of await stage.events(String(paid?.id))) await stage.deliver(event);
  expect(await stage.posted(acme.walletId)).toBe(30 * UNIT);
  expect(await status()).toBe('active');
  stage.setClock(Date.now());
  stage.pass(2 * MINUTE_MS);
  await spend(stage.app, acme, 25);
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(30 * UNIT);
  expect((await standing(stage.app, acme)).card).not.toMatchObject({ payment_method: acme.card });
});

test.each(['event', 'lost event', 'customer'])(
  'a card that was detached (%s) stops it, told of once',
  async (how) => {
    await recharging(stage.app, acme);
    if (how === 'customer') await stage.stripe.customers.del(acme.customer);
    else await stage.stripe.paymentMethods.detach(acme.card);
    if (how === 'lost event') {
      await spend(stage.app, acme, 95);
    } else {
      const about = how === 'customer' ? acme.customer : acme.card;
      const gone = ['payment_method.detached', 'customer.deleted'];
      for (const event of await stage.events(about)) {
        if (!gone.includes(event.type)) continue;
        for (let n = 0; n < 2; n++) expect((await stage.deliver(event)).status).toBe(200);
      }
    }
    await expect.poll(status, soon).toBe('stopped');
    expect(await standing(stage.app, acme)).toMatchObject({ stopped_reason: 'card_gone' });
    expect((await types()).filter((type) => type === 'stopped')).toHaveLength(1);
    expect(await charges(stage, acme)).toEqual([]);
  },
);

test.each([
  ['Stripe refuses the page', 'invalid_request'],
  ['there was no page in its day', 'no_answer'],
])('a card whose owner cannot be asked, because %s, stops it', async (_, reason) => {
  const sql = stage.app.core.stores.directory;
  await recharging(stage.app, acme);
  await becomes('authenticationRequired');
  await spend(stage.app, acme, 95);
  await expect.poll(types, soon).toEqual(['failed', 'action_required']);
  const [{ id = '' } = {}] = await attempts(stage.app, acme);
  await sql.begin(async (tx) => {
    await tx`
      update auto_recharges set confirm_top_up_id = null where wallet_id = ${acme.walletId}`;
    if (reason === 'no_answer') {
      await tx`
        update top_ups set checkout_url = null, state = 'expired' where request_key = ${String(id)}
          and request_scope = 'auto_recharge_confirm'`;
    } else {
      await tx`
        delete from top_ups
        where request_key = ${String(id)} and request_scope = 'auto_recharge_confirm'`;
      await tx`update top_ups set charge_minor = 10 where id = ${String(id)}`;
    }
  });
  await expect.poll(status, soon).toBe('stopped');
  expect(await standing(stage.app, acme)).toMatchObject({ stopped_reason: reason });
  expect(await types()).toEqual(['failed', 'action_required', 'stopped']);
});
