/** Caps of a day and a month, and the cool-off, by a clock of the test's own. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type ClockedStage, clockedStage } from '../webhooks/test/recharge-clock.ts';
import {
  charges,
  type Payer,
  payer,
  recharging,
  spend,
  told,
  UNIT,
} from '../webhooks/test/recharge-stage.ts';

/** Several steps through the ledger each, on a machine that has other things to do. */
vi.setConfig({ testTimeout: 240_000 });
const soon = { timeout: 60_000, interval: 20 };

let stage: ClockedStage;
let acme: Payer;
beforeAll(async () => {
  stage = await clockedStage('2027-04-29T21:00:00Z');
  stage.worker();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  acme = await payer(stage, 100_000);
});

const count = async () => (await charges(stage, acme)).length;
const stored = async () => stage.app.core.directory.autoRecharges.get(acme.walletId);

async function isDue(): Promise<boolean> {
  const due = await stage.app.core.directory.autoRecharges.due(new Date(stage.nowMs()), 100);
  return due.some(({ walletId }) => walletId === acme.walletId);
}

/** Takes what can be spent down to 5, under the threshold. */
async function needsMoney(): Promise<void> {
  const { body } = await stage.app.request('GET', `/v1/wallets/${acme.walletId}`);
  await spend(stage.app, acme, Number(body.spendable_micros) / UNIT - 5);
}

/** It is charged for the n-th time, and the money is in the ledger. */
async function charged(n: number): Promise<void> {
  await expect.poll(count, soon).toBe(n);
  const { rechargeAttempts } = stage.app.core.directory;
  await expect.poll(() => rechargeAttempts.isOpen(acme.walletId), soon).toBe(false);
  await expect.poll(async () => (await stored())?.belowSince, soon).toBeNull();
}

/** It needs money, waits for a cap until then, and is not charged a moment before. */
async function waits(cap: string, until: string): Promise<void> {
  const before = await count();
  await needsMoney();
  await expect.poll(stored, soon).toMatchObject({ capped: cap, notBefore: new Date(until) });
  stage.setClock(Date.parse(until) - 1);
  expect(await isDue()).toBe(false);
  expect(await count()).toBe(before);
  stage.setClock(until);
}

test.each([
  ['counts', '2027-04', '2027-05', { daily_max_count: 2, monthly_max_count: 3 }],
  ['money', '2027-11', '2027-12', { daily_max_micros: 74 * UNIT, monthly_max_micros: 99 * UNIT }],
])('caps of %s hold up to midnight, and to the end of the month', async (_, month, next, caps) => {
  stage.setClock(`${month}-29T21:00:00Z`);
  const none = { daily_max_count: null, monthly_max_count: null };
  await recharging(stage.app, acme, { ...none, ...caps });
  for (const n of [1, 2]) {
    await needsMoney();
    await charged(n);
  }
  await waits('daily', `${month}-30T00:00:00.000Z`);
  await charged(3);
  await waits('monthly', `${next}-01T00:00:00.000Z`);
  await charged(4);
  await needsMoney();
  await charged(5);
  const news = (await told(stage, acme)).filter(({ type }) => type === 'capped');
  expect(news.map(({ data }) => data.cap)).toEqual(['daily', 'monthly']);
  await needsMoney();
  await expect.poll(stored, soon).toMatchObject({ capped: 'daily' });
});

test('what failed does not count', async () => {
  stage.setClock('2028-01-10T08:00:00Z');
  await recharging(stage.app, acme, { daily_max_count: 1, failures_max: 10 });
  const becomes = (card: string) =>
    stage.control('cards', { payment_method: acme.card, test_card: card });
  await becomes('chargeDeclined');
  await needsMoney();
  await expect.poll(stored, soon).toMatchObject({ failures: 1 });
  await becomes('visa');
  stage.pass(5 * 60_000);
  await charged(2);
  await needsMoney();
  await expect.poll(stored, soon).toMatchObject({ capped: 'daily' });
});

test('after a charge the next one waits for the cool-off', async () => {
  stage.setClock('2028-02-10T08:00:00Z');
  await recharging(stage.app, acme, { cool_off_seconds: 600 });
  await needsMoney();
  await charged(1);
  const chargedAtMs = stage.nowMs();
  await needsMoney();
  const due = new Date(chargedAtMs + 600_000);
  await expect.poll(async () => (await stored())?.belowSince, soon).not.toBeNull();
  expect(await stored()).toMatchObject({ notBefore: due });
  stage.setClock(due.getTime() - 1);
  expect(await isDue()).toBe(false);
  stage.pass(1);
  await charged(2);
});
