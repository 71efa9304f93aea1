import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication();
  organizationId = await organization(app, 'Acme');
});
afterAll(() => app.stop());

const charge = (walletId: string, body: unknown) =>
  app.request('POST', `/v1/wallets/${walletId}/charges`, { body });

async function put(service: string, body: Record<string, unknown>) {
  const price = { unit: 'piece', currency: 'usd', ...body };
  const answer = await app.request('PUT', `/v1/prices/${service}`, { body: price });
  expect(answer.status, answer.text).toBe(200);
}

async function posted(walletId: string) {
  return (await app.request('GET', `/v1/wallets/${walletId}`)).body.posted_micros;
}

describe('POST /v1/wallets/{id}/charges', () => {
  test('takes an amount and answers the entry and the wallet at it', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const answer = await charge(walletId, { amount_micros: 30, reference: 'sms 1' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      entry: { kind: 'charge', amount_micros: -30, reference: 'sms 1', posted_after_micros: 70 },
      wallet: { posted_micros: 70, available_micros: 70, sequence: 2 },
    });
  });

  test('a refusal says who is short of what', async () => {
    const walletId = await wallet(app, organizationId, 100);
    const answer = await charge(walletId, { amount_micros: 101 });
    expect(answer.status).toBe(402);
    expect(answer.body).toMatchObject({
      error: {
        type: 'refusal',
        code: 'insufficient_funds',
        details: {
          wallet_id: walletId,
          role: 'client',
          required_micros: 101,
          spendable_micros: 100,
          held_micros: 0,
          retryable: true,
        },
      },
    });
  });

  test('credit pays for usage and not for assets', async () => {
    const walletId = await wallet(app, organizationId, 10, { credit_limit_micros: 100 });
    const asset = await charge(walletId, { amount_micros: 50, overdraft: false });
    expect(asset.status).toBe(402);
    expect(asset.body).toMatchObject({ error: { details: { spendable_micros: 10 } } });
    expect((await charge(walletId, { amount_micros: 50 })).status).toBe(201);
    expect(await posted(walletId)).toBe(-40);
  });

  test('100 purchases at once on money for one: one is made, and it is in the ledger', async () => {
    const walletId = await wallet(app, organizationId, 1_000);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        charge(walletId, { amount_micros: 1_000, overdraft: false, reference: '+15550100' }),
      ),
    );
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 99 }, () => 402)]);
    const after = await app.request('GET', `/v1/wallets/${walletId}`);
    expect(after.body).toMatchObject({ posted_micros: 0, sequence: 2, ledger_sequence: 2 });
  });

  test('a quantity of a service costs units, fee and minimum by the price book', async () => {
    const walletId = await wallet(app, organizationId, 1_000);
    await put('sms_segment', {
      unit_price_micros: 7,
      connection_fee_micros: 2,
      minimum_micros: 20,
    });
    const two = await charge(walletId, { service: 'sms_segment', quantity: 2 });
    expect(two.body).toMatchObject({ entry: { amount_micros: -20 } });
    const ten = await charge(walletId, { service: 'sms_segment', quantity: 10 });
    expect(ten.body).toMatchObject({ entry: { amount_micros: -72 } });
  });

  test('a client pays retail and its agency wholesale, both or none', async () => {
    const agencyId = await organization(app, 'Agency');
    const clientId = await organization(app, 'Client', { parent_id: agencyId });
    const agencyWallet = await wallet(app, agencyId, 5);
    const clientWallet = await wallet(app, clientId, 100);
    await put('document', { organization_id: clientId, unit_price_micros: 10 });
    await put('document', { organization_id: agencyId, book: 'wholesale', unit_price_micros: 4 });
    expect((await charge(clientWallet, { service: 'document', quantity: 1 })).status).toBe(201);
    expect([await posted(clientWallet), await posted(agencyWallet)]).toEqual([90, 1]);
    const short = await charge(clientWallet, { service: 'document', quantity: 1 });
    expect(short.status).toBe(402);
    expect(short.body).toMatchObject({
      error: { details: { wallet_id: agencyWallet, role: 'agency', required_micros: 4 } },
    });
    expect([await posted(clientWallet), await posted(agencyWallet)]).toEqual([90, 1]);
  });

  test('an agency with some wholesale prices and not this one cannot be skipped', async () => {
    const agencyId = await organization(app, 'Agency');
    const clientId = await organization(app, 'Client', { parent_id: agencyId });
    const clientWallet = await wallet(app, clientId, 100);
    await put('fax_page', { unit_price_micros: 1 });
    await put('document', { organization_id: agencyId, book: 'wholesale', unit_price_micros: 4 });
    const answer = await charge(clientWallet, { service: 'fax_page', quantity: 1 });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ error: { code: 'price_not_found' } });
  });

  test('billing off: everything passes, nothing is taken, usage is recorded', async () => {
    const freeId = await organization(app, 'Free', { billing_enabled: false });
    const walletId = await wallet(app, freeId);
    const answer = await charge(walletId, { amount_micros: 1_000_000 });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      entry: { amount_micros: 0 },
      wallet: { posted_micros: 0, sequence: 1 },
    });
  });

  test('a price in another currency is a mismatch, and by the minute no price of a charge', async () => {
    const euros = await wallet(app, organizationId, 100, { currency: 'eur' });
    await put('sms_segment', { unit_price_micros: 7 });
    const answer = await charge(euros, { service: 'sms_segment', quantity: 1 });
    expect(answer.body).toMatchObject({ error: { code: 'currency_mismatch' } });
    await put('voice_minute', { rate_micros_per_minute: 7, unit: 'minute' });
    const dollars = await wallet(app, organizationId, 100);
    const minutes = await charge(dollars, { service: 'voice_minute', quantity: 1 });
    expect(minutes.body).toMatchObject({ error: { code: 'invalid_request', param: 'service' } });
  });

  test('a frozen wallet pays nothing', async () => {
    const walletId = await wallet(app, organizationId, 100);
    await app.request('PATCH', `/v1/wallets/${walletId}`, { body: { status: 'frozen' } });
    const answer = await charge(walletId, { amount_micros: 1 });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ error: { code: 'wallet_frozen' } });
  });

  test.each([
    [{}, 'amount_micros'],
    [{ amount_micros: 1, service: 'sms_segment', quantity: 1 }, 'amount_micros'],
    [{ service: 'sms_segment' }, 'quantity'],
    [{ amount_micros: 1, quantity: 1 }, 'quantity'],
    [{ service: 'sms_segment', quantity: 0 }, 'quantity'],
    [{ service: 'sms_segment', quantity: 1.5 }, 'quantity'],
    [{ amount_micros: -1 }, 'amount_micros'],
    [{ amount_micros: 0 }, 'amount_micros'],
    [{ amount_micros: 1, currency: 'usd' }, 'currency'],
  ])('%j is refused, naming %s', async (body, param) => {
    const walletId = await wallet(app, organizationId);
    const answer = await charge(walletId, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { param } });
  });

  test('a remembered refusal stays, even after a top-up; a new key decides afresh', async () => {
    const walletId = await wallet(app, organizationId, 1);
    const path = `/v1/wallets/${walletId}/charges`;
    const tried = { body: { amount_micros: 5 }, idempotencyKey: 'tried' };
    const first = await app.request('POST', path, tried);
    await app.request('POST', `/v1/wallets/${walletId}/credits`, {
      body: { kind: 'bonus', amount_micros: 10 },
    });
    const again = await app.request('POST', path, tried);
    expect([first.status, again.status]).toEqual([402, 402]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await charge(walletId, { amount_micros: 5 })).status).toBe(201);
  });
});
