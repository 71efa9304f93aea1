/** An attempt of which nobody knows the outcome: Stripe did not say, or whoever asked is gone. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { reconcilePayments } from '../../payments/index.ts';
import { cardPayments, reconcileStripe } from '../compose/payments.ts';
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

/** Several steps through the ledger each, on a machine that has other things to do. */
vi.setConfig({ testTimeout: 240_000 });
const soon = { timeout: 60_000, interval: 20 };

let stage: ClockedStage;
let acme: Payer;
let worker: ReturnType<ClockedStage['worker']> | undefined;
beforeAll(async () => {
  stage = await clockedStage('2027-03-10T10:00:00Z');
});
afterAll(() => stage.stop());
beforeEach(async () => {
  acme = await payer(stage);
  await recharging(stage.app, acme);
});
afterEach(async () => {
  await stage.control('faults', {});
  await worker?.stop();
});

const faults = (create: Record<string, number>) =>
  stage.control('faults', { requests: { create } });
const states = async () => (await attempts(stage.app, acme)).map(({ state }) => state);
const asked = async () => {
  const rows = await stage.app.core.stores.directory<{ times: number }[]>`
    select asked_times as times from top_ups
    where wallet_id = ${acme.walletId} and origin = 'auto_recharge'`;
  return rows.map(({ times }) => times);
};

/** Paid once, credited once, and nothing else is under way. */
async function rechargedOnce(): Promise<void> {
  await expect.poll(states, soon).toEqual(['succeeded']);
  expect(await charges(stage, acme)).toEqual([['succeeded', 2_500]]);
  expect(await stage.posted(acme.walletId)).toBe(30 * UNIT);
  expect((await told(stage, acme)).map(({ type }) => type)).toEqual(['succeeded']);
}

test.each(['resetBefore', 'resetAfter', 'errorBefore', 'errorAfter'])(
  '%s: one attempt, asked for again until its outcome is known, one charge',
  async (fault) => {
    await faults({ [fault]: 1 });
    worker = stage.worker();
    await spend(stage.app, acme, 95);
    await expect.poll(asked, soon).toEqual([0]);
    stage.pass(31_000);
    // Where Stripe has charged and failed under the key, its lists say so without any other ask.
    if (fault !== 'errorAfter') await expect.poll(asked, soon).toEqual([1]);
    await faults({});
    stage.pass(61_000);
    await rechargedOnce();
  },
);

test('asked for in other words by a later release: the payment that was made is found', async () => {
  const dying = stage.worker((what) => {
    if (what === 'after') throw new Error('killed');
  });
  await spend(stage.app, acme, 95);
  await expect.poll(() => charges(stage, acme), soon).toHaveLength(1);
  await dying.stop();
  await stage.app.core.stores.directory`
    update top_ups set title = 'Prepaid credit'
    where wallet_id = ${acme.walletId} and origin = 'auto_recharge'`;
  worker = stage.worker();
  stage.pass(31_000);
  await rechargedOnce();
});

test('a failure of Stripe’s own without a payment counts as a decline after a quarter of an hour', async () => {
  await faults({ errorBefore: 1 });
  worker = stage.worker();
  await spend(stage.app, acme, 95);
  await expect.poll(asked, soon).toEqual([0]);
  for (let minutes = 0; minutes < 32; minutes += 4) {
    expect((await charges(stage, acme)).length).toBe(0);
    stage.pass(4 * 60_000);
    const before = stage.nowMs();
    await expect
      .poll(
        async () =>
          (await stage.app.core.directory.rechargeAttempts.nextAsk())?.getTime() ?? Infinity,
        soon,
      )
      .toBeGreaterThan(before);
    if ((await states())[0] === 'failed') break;
  }
  expect((await attempts(stage.app, acme))[0]).toMatchObject({
    state: 'failed',
    failure_code: 'no_answer',
  });
  await faults({});
  stage.pass(6 * 60_000);
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(30 * UNIT);
});

test.each(['before', 'after'])(
  'the process dies %s Stripe has charged: another one finds the attempt',
  async (when) => {
    const dying = stage.worker((what) => {
      if (what === when) throw new Error('killed');
    });
    await spend(stage.app, acme, 95);
    await expect.poll(states, soon).toEqual(['created']);
    await dying.stop();
    expect((await charges(stage, acme)).length).toBe(when === 'before' ? 0 : 1);
    worker = stage.worker();
    stage.pass(31_000);
    await rechargedOnce();
  },
);

test('the process dies after the charge, and nobody takes it up: the reconciler credits it', async () => {
  const dying = stage.worker((what) => {
    if (what === 'after') throw new Error('killed');
  });
  await spend(stage.app, acme, 95);
  await expect.poll(async () => (await charges(stage, acme)).length, soon).toBe(1);
  await dying.stop();
  await reconcileStripe(stage.app.core, new Date(Date.now() - 60_000));
  await rechargedOnce();
});

test('who crosses the threshold is charged at once, not when the worker looks next', async () => {
  worker = stage.worker(undefined, 3_600_000);
  // It also looks when it begins to listen; from the first charge on it listens, and never looks.
  for (const next of [acme, await payer(stage)]) {
    await recharging(stage.app, next);
    await spend(stage.app, next, 95);
    await expect.poll(() => stage.posted(next.walletId), soon).toBe(30 * UNIT);
  }
});

test.each([true, false])(
  'a bank debit under way lets no other start; it settles: %s',
  async (paid) => {
    await stage.control('cards', {
      payment_method: acme.card,
      test_card: 'us_bankAccount_success',
    });
    worker = stage.worker();
    await spend(stage.app, acme, 95);
    await expect.poll(states, soon).toEqual(['pending']);
    stage.pass(3 * 86_400_000);
    const { autoRecharges } = stage.app.core.directory;
    expect(await autoRecharges.due(new Date(stage.nowMs()), 10)).toEqual([]);
    const [attempt] = await attempts(stage.app, acme);
    const settlement = { payment_intent: attempt?.payment_intent, succeeded: paid };
    await stage.control('settlements', settlement);
    // Its events are lost, and it is too old for the lists.
    const { stripe } = cardPayments(stage.app.core);
    if (stripe === undefined) throw new Error('no Stripe');
    const clocked = { ...stripe, nowMs: stage.nowMs };
    await reconcilePayments(clocked, new Date(stage.nowMs() + 86_400_000));
    if (paid) {
      await rechargedOnce();
      return;
    }
    expect(await states()).toEqual(['failed']);
    expect(await standing(stage.app, acme)).toMatchObject({ failures: 1 });
    expect(await stage.posted(acme.walletId)).toBe(5 * UNIT);
  },
);
