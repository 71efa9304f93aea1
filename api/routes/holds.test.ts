import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servicesOf } from '../compose/application.ts';
import { findHold } from '../holds/find-hold.ts';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication();
  organizationId = await organization(app, 'Acme');
});
afterAll(() => app.stop());

async function held(walletId: string, amountMicros = 40, fields: Record<string, unknown> = {}) {
  const body = { wallet_id: walletId, amount_micros: amountMicros, ...fields };
  const answer = await app.request('POST', '/v1/holds', { body });
  expect(answer.status, answer.text).toBe(201);
  return String(answer.body.id);
}

const act = (holdId: string, verb: string, body: unknown = {}) =>
  app.request('POST', `/v1/holds/${holdId}/${verb}`, { body });

async function balance(walletId: string) {
  const { posted_micros, held_micros } = (await app.request('GET', `/v1/wallets/${walletId}`)).body;
  return [posted_micros, held_micros];
}

describe('holds', () => {
  test('authorize, extend, capture: takes what was used and releases the rest', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const id = await held(walletId, 40, { reference: 'batch 7' });
    expect(await balance(walletId)).toEqual([100, 40]);
    const extended = await act(id, 'extend', { amount_micros: 20 });
    expect(extended.body).toMatchObject({ id, state: 'authorized', held_micros: 60 });
    const captured = await act(id, 'capture', { amount_micros: 45 });
    expect(captured.status).toBe(200);
    expect(captured.body).toMatchObject({ state: 'captured', held_micros: 0, captured_micros: 45 });
    expect(await balance(walletId)).toEqual([55, 0]);
    const read = await app.request('GET', `/v1/holds/${id}`);
    expect(read.body).toMatchObject({ id, wallet_id: walletId, state: 'captured' });
  });

  test('void takes nothing; the loser of a race is told what won', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const id = await held(walletId);
    expect((await act(id, 'void')).body).toMatchObject({ state: 'voided', captured_micros: 0 });
    const late = await act(id, 'capture', { amount_micros: 1 });
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({
      error: { code: 'hold_closed', details: { hold: { id, state: 'voided' } } },
    });
    expect(await balance(walletId)).toEqual([100, 0]);
  });

  test('void needs no body', async () => {
    const id = await held(await wallet(app, organizationId, 100));
    const answer = await app.request('POST', `/v1/holds/${id}/void`);
    expect(answer.status).toBe(200);
  });

  test('what exceeds the hold is taken from the wallet, and under zero it is a shortfall', async () => {
    const walletId = await wallet(app, organizationId, 50);
    const id = await held(walletId, 40);
    const captured = await act(id, 'capture', { amount_micros: 70 });
    expect(captured.body).toMatchObject({ captured_micros: 70, shortfall_micros: 20 });
    expect(await balance(walletId)).toEqual([-20, 0]);
  });

  test('a hold past its time is expired at use, whether anybody swept it or not', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const id = await held(walletId, 40, { ttl_seconds: 1 });
    await expect
      .poll(async () => (await act(id, 'extend', { amount_micros: 1 })).status, { timeout: 60_000 })
      .toBe(409);
  });

  test('an amount above what is there is refused, and the refusal is remembered', async () => {
    const walletId = await wallet(app, organizationId, 10);
    const call = { body: { wallet_id: walletId, amount_micros: 11 }, idempotencyKey: 'too much' };
    const refused = await app.request('POST', '/v1/holds', call);
    expect(refused.status).toBe(402);
    const again = await app.request('POST', '/v1/holds', call);
    expect(again.status).toBe(402);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  test('50 at once under one key make one hold and 50 equal answers', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const call = { body: { wallet_id: walletId, amount_micros: 40 }, idempotencyKey: 'one hold' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => app.request('POST', '/v1/holds', call)),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    const replays = answers.filter((a) => a.headers.get('idempotency-replayed') === 'true');
    expect(replays).toHaveLength(49);
    expect(await balance(walletId)).toEqual([100, 40]);
  });

  test('1,000 three-way races of capture, void and capture have one winner each', async () => {
    const walletId = await wallet(app, organizationId, 1_000_000);
    let taken = 0;
    for (let round = 0; round < 20; round++) {
      const ids = await Promise.all(Array.from({ length: 50 }, () => held(walletId, 10)));
      await Promise.all(
        ids.map(async (id) => {
          const answers = await Promise.all([
            act(id, 'capture', { amount_micros: 3 }),
            act(id, 'void'),
            act(id, 'capture', { amount_micros: 7 }),
          ]);
          const won = answers.filter((answer) => answer.status === 200);
          expect(won).toHaveLength(1);
          taken += Number(won[0]?.body.captured_micros);
          for (const lost of answers.filter((answer) => answer.status !== 200)) {
            expect(lost.body).toMatchObject({ error: { code: 'hold_closed' } });
          }
        }),
      );
    }
    expect(await balance(walletId)).toEqual([1_000_000 - taken, 0]);
  }, 180_000);

  test('an unknown hold is 404 for every key', async () => {
    const answer = await app.request('GET', '/v1/holds/hold_unknown');
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ error: { code: 'hold_not_found' } });
  });

  test('another process finds a hold by the ledger', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const id = await held(walletId);
    await expect
      .poll(async () => (await app.request('GET', `/v1/wallets/${walletId}`)).body)
      .toMatchObject({ sequence: 2, ledger_sequence: 2 });
    const elsewhere = servicesOf(app.core);
    const platform = { role: 'platform', organizationId: null, keyId: 'test' } as const;
    const { hold } = await findHold(elsewhere, platform, id, 'read');
    expect(hold.organizationId).toBe(organizationId);
  });
});
