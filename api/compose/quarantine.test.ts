/** A wallet whose Redis and ledger have different pasts, as its clients see it: over HTTP, until it is released. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, packWalletState, unpackWalletState } from '../../engine/index.ts';
import { releaseWallet } from '../../persistence/index.ts';
import { type ApiAnswer, type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

const PATIENT = { timeout: 60_000 };
const LONG_MS = 300_000;

let app: TestApplication;
let organizationId: string;
const lines: string[] = [];
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_LOG_LEVEL: 'error' }, lines);
  const price = { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' };
  await app.request('PUT', '/v1/prices/voice_minute', { body: price });
  organizationId = await organization(app, 'Acme');
});
afterAll(() => app.stop());

const post = (path: string, body: object = {}) => app.request('POST', path, { body });
const get = async (id: string) => (await app.request('GET', `/v1/wallets/${id}`)).body;
const codeOf = ({ status, body }: ApiAnswer) => [
  status,
  (body.error as { code?: string } | undefined)?.code,
];

async function packed(id: string): Promise<{ partition: number; value: Buffer }> {
  const [row] = await app.core.stores.ledger<{ partition: number }[]>`
    SELECT partition FROM wallets WHERE id = ${id}`;
  const partition = row?.partition ?? 0;
  const value = await app.redis().getBuffer(keys.wallet(partition, id));
  if (value === null) throw new Error('the wallet is not in Redis');
  return { partition, value };
}

/** The ledger has seen the newest entry of the journal, whatever it made of it. */
async function isFlushed(partition: number): Promise<boolean> {
  const [newest] = await app.redis().xrevrange(keys.journal(partition), '+', '-', 'COUNT', 1);
  const [row] = await app.core.stores.ledger<{ cursor: string }[]>`
    SELECT stream_id AS cursor FROM journal_cursors WHERE partition = ${partition}`;
  return row?.cursor === newest?.[0];
}

const inStep = (id: string) =>
  expect.poll(async () => {
    const { sequence, ledger_sequence } = await get(id);
    return Number(sequence) === Number(ledger_sequence);
  }, PATIENT);

test(
  'a fork freezes new work, lets a call end, keeps other wallets going, and is over once released',
  async () => {
    const [id, other] = [
      await wallet(app, organizationId, 1_000_000),
      await wallet(app, await organization(app, 'Other'), 1_000_000),
    ];
    const call = { call_id: 'c1', organization_id: organizationId, wallet_id: id };
    expect((await post('/v1/calls', call)).status).toBe(201);
    expect((await post('/v1/calls/c1/start')).status).toBe(200);
    await inStep(id).toBe(true);
    const { partition, value } = await packed(id);
    expect(unpackWalletState(value).liveCalls).toBe(1);
    expect((await post(`/v1/wallets/${id}/charges`, { amount_micros: 7_000 })).status).toBe(201);
    await inStep(id).toBe(true);

    // Redis forgets the charge, as one that came back older, and does not know it.
    await app.redis().set(keys.wallet(partition, id), value);
    await expect
      .poll(
        async () => (await post(`/v1/wallets/${id}/charges`, { amount_micros: 400 })).status,
        PATIENT,
      )
      .toBe(201);
    await expect.poll(() => get(id), PATIENT).toMatchObject({ frozen_by: ['quarantine'] });
    await expect.poll(() => lines.join(), PATIENT).toContain('ledger entries were quarantined');

    const charge = () => post(`/v1/wallets/${id}/charges`, { amount_micros: 1 });
    await expect.poll(async () => codeOf(await charge()), PATIENT).toEqual([409, 'wallet_frozen']);
    const second = { ...call, call_id: 'c2' };
    await expect
      .poll(async () => codeOf(await post('/v1/calls', second)), PATIENT)
      .toEqual([409, 'wallet_frozen']);
    const unconcerned = () => post(`/v1/wallets/${other}/charges`, { amount_micros: 1 });
    await expect.poll(async () => (await unconcerned()).status, PATIENT).toBe(201);
    // The gate may be shut for a moment; the same end is told again, and taken once.
    await expect.poll(async () => (await post('/v1/calls/c1/check')).status, PATIENT).toBe(200);
    const end = () => post('/v1/calls/c1/end', { duration_seconds: 10 });
    await expect
      .poll(async () => (await end()).body, PATIENT)
      .toMatchObject({ state: 'captured', captured_micros: 10_000 });
    const thaw = () => app.request('PATCH', `/v1/wallets/${id}`, { body: { status: 'active' } });
    await expect
      .poll(async () => (await thaw()).body, PATIENT)
      .toMatchObject({ status: 'frozen', frozen_by: ['quarantine'] });
    // All that followed the fork waits before anybody releases it.
    await expect.poll(() => isFlushed(partition), PATIENT).toBe(true);

    const { ledger } = app.core.stores;
    const released = await releaseWallet(ledger, app.core.chainKey, id, { rebase: true });
    expect(released).toMatchObject({ status: 'released', rebased: true });
    await app.core.engine.closeGate('released');
    await app.core.engine.opened();
    await expect
      .poll(() => get(id), PATIENT)
      .toMatchObject({
        status: 'active',
        posted_micros: 1_000_000 - 7_000 - 400 - 10_000,
        held_micros: 0,
        live_calls: 0,
      });
    await expect.poll(async () => (await charge()).status, PATIENT).toBe(201);
    await inStep(id).toBe(true);
  },
  LONG_MS,
);

test('the state of a wallet in Redis that says otherwise than the ledger is put right by the gate, and named', async () => {
  const id = await wallet(app, organizationId, 500_000);
  await inStep(id).toBe(true);
  const { partition, value } = await packed(id);
  const wrong = { ...unpackWalletState(value), postedMicros: 9_000_000 };
  await app.redis().set(keys.wallet(partition, id), packWalletState(wrong));
  await app.core.engine.closeGate('test');
  await app.core.engine.opened();
  expect(await get(id)).toMatchObject({ posted_micros: 500_000, status: 'active' });
  expect(lines.join()).toContain('wallets were not as the ledger has them at their sequence');
});
