/** While a card is being charged: others go on, and live calls may have credit, bounded and always taken back. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { apiKey } from '../test/tenants.ts';
import { type ClockedStage, clockedStage } from '../webhooks/test/recharge-clock.ts';
import {
  attempts,
  type Payer,
  payer,
  recharging,
  spend,
  standing,
  TERMS,
  UNIT,
} from '../webhooks/test/recharge-stage.ts';

/** Several steps through the ledger each, on a machine that has other things to do. */
vi.setConfig({ testTimeout: 240_000 });
const soon = { timeout: 60_000, interval: 20 };
const BRIDGE = 5 * UNIT;

let stage: ClockedStage;
let acme: Payer;
let calls = 0;
beforeAll(async () => {
  stage = await clockedStage('2027-03-10T10:00:00Z');
  await stage.app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' },
  });
  stage.worker(async (what) => {
    if (what === 'after') return;
    const { until } = slow;
    slow.until = undefined;
    slow.waits = until !== undefined;
    await until;
  });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  acme = await payer(stage);
});
afterEach(() => slow.over());

/** One charge that Stripe takes its time over: as long as the test wants. */
const slow = { until: undefined as Promise<void> | undefined, over: () => {}, waits: false };

function stripeIsSlow(): void {
  slow.waits = false;
  slow.until = new Promise((resolve) => {
    slow.over = resolve;
  });
}

async function call(): Promise<void> {
  calls += 1;
  const body = {
    call_id: `bridged ${calls}`,
    organization_id: acme.organizationId,
    wallet_id: acme.walletId,
  };
  const answer = await stage.app.request('POST', '/v1/calls', { body });
  expect(answer.status, answer.text).toBe(201);
}

/** Kinds and amounts in units, oldest first, of what a recharge moved. */
async function moved() {
  const path = `/v1/wallets/${acme.walletId}/entries?limit=100`;
  const data = (await stage.app.request('GET', path)).body.data as Record<string, unknown>[];
  return data
    .filter(({ kind }) => kind === 'adjustment' || kind === 'auto_recharge')
    .map(({ kind, amount_micros: micros }) => [kind, Number(micros) / UNIT])
    .reverse();
}

const bridges = async () => {
  const rows = await stage.app.core.stores.directory<{ micros: number; returned: boolean }[]>`
    select bridge_micros as micros, bridge_returned_at is not null as returned from top_ups
    where wallet_id = ${acme.walletId} and origin = 'auto_recharge' order by id`;
  return rows.map(({ micros, returned }) => [micros, returned]);
};

test('is there while Stripe is slow, and taken back when it was paid', async () => {
  await recharging(stage.app, acme, { bridge_micros: BRIDGE });
  await call();
  stripeIsSlow();
  await spend(stage.app, acme, 95);
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(5 * UNIT + BRIDGE);
  slow.over();
  await expect.poll(bridges, soon).toEqual([[BRIDGE, true]]);
  expect(await moved()).toEqual([
    ['adjustment', 5],
    ['auto_recharge', 25],
    ['adjustment', -5],
  ]);
  expect(await stage.posted(acme.walletId)).toBe(30 * UNIT);
});

test('is taken back when the card is declined, also below zero', async () => {
  await recharging(stage.app, acme, { bridge_micros: BRIDGE });
  await call();
  const card = { payment_method: acme.card, test_card: 'chargeDeclined' };
  await stage.control('cards', card);
  stripeIsSlow();
  await spend(stage.app, acme, 95);
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(5 * UNIT + BRIDGE);
  await spend(stage.app, acme, 8);
  slow.over();
  await expect.poll(bridges, soon).toEqual([[BRIDGE, true]]);
  expect(await moved()).toEqual([
    ['adjustment', 5],
    ['adjustment', -5],
  ]);
  expect(await stage.posted(acme.walletId)).toBe(-3 * UNIT);
});

test('a charge that Stripe is slow with holds up no other wallet', async () => {
  const quick = await payer(stage);
  await recharging(stage.app, acme);
  await recharging(stage.app, quick);
  stripeIsSlow();
  await spend(stage.app, acme, 95);
  await expect.poll(() => slow.waits, soon).toBe(true);
  await spend(stage.app, quick, 95);
  await expect.poll(() => stage.posted(quick.walletId), soon).toBe(30 * UNIT);
  expect(await stage.posted(acme.walletId)).toBe(5 * UNIT);
  slow.over();
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(30 * UNIT);
});

test('a process that died with one leaves no money behind, and takes none', async () => {
  await recharging(stage.app, acme, { bridge_micros: BRIDGE });
  await spend(stage.app, acme, 95);
  await expect.poll(() => stage.posted(acme.walletId), soon).toBe(30 * UNIT);
  // Without a live call there was none.
  expect(await bridges()).toEqual([[0, false]]);
  const sql = stage.app.core.stores.directory;
  // Died before it was given; then once more, after it was taken back.
  for (const _ of [1, 2]) {
    await sql`
      update top_ups set bridge_micros = ${BRIDGE}, bridge_returned_at = null
      where wallet_id = ${acme.walletId} and origin = 'auto_recharge'`;
    await expect.poll(bridges, soon).toEqual([[BRIDGE, true]]);
    expect(await moved()).toEqual([
      ['auto_recharge', 25],
      ['adjustment', 5],
      ['adjustment', -5],
    ]);
  }
  expect(await stage.posted(acme.walletId)).toBe(30 * UNIT);
});

test('only the platform allows it, and its owner’s changes leave it as it is', async () => {
  const key = await apiKey(stage.app, 'organization', acme.organizationId);
  const put = (fields: Record<string, unknown>, by?: string) =>
    stage.app.request('PUT', `/v1/wallets/${acme.walletId}/auto_recharge`, {
      ...(by !== undefined && { key: by }),
      body: { ...TERMS, ...fields },
    });
  expect((await put({ bridge_micros: 1 }, key)).status).toBe(403);
  expect((await put({}, key)).body).toMatchObject({ bridge_micros: 0 });
  expect((await put({ bridge_micros: BRIDGE })).body).toMatchObject({ bridge_micros: BRIDGE });
  expect((await put({}, key)).status).toBe(200);
  expect(await standing(stage.app, acme)).toMatchObject({ bridge_micros: BRIDGE });
  expect(await attempts(stage.app, acme)).toEqual([]);
});
