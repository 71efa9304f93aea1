import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let organizationId: string;
let walletId: string;
beforeAll(async () => {
  app = await testApplication();
  organizationId = await organization(app, 'Acme');
  walletId = await wallet(app, organizationId, 1_000_000);
});
afterAll(() => app.stop());

const put = (service: string, body: unknown) =>
  app.request('PUT', `/v1/prices/${service}`, { body });
const quote = (items: unknown) =>
  app.request('POST', '/v1/quotes', { body: { organization_id: organizationId, items } });

describe('prices', () => {
  test('are set, replaced whole, and listed', async () => {
    const minute = { unit: 'minute', rate_micros_per_minute: 90_000, currency: 'usd' };
    const first = await put('voice_minute', { ...minute, connection_fee_micros: 5 });
    expect(first.body).toMatchObject({
      service: 'voice_minute',
      organization_id: null,
      book: 'retail',
      increment: '1/1',
      connection_fee_micros: 5,
    });
    const second = await put('voice_minute', { ...minute, increment: '60/60' });
    expect(second.body).toMatchObject({ increment: '60/60', connection_fee_micros: 0 });
    const { body } = await app.request('GET', '/v1/prices');
    expect(body).toMatchObject({ data: [{ service: 'voice_minute', increment: '60/60' }] });
  });

  test('pages go on after a book and a service', async () => {
    for (const service of ['a', 'b', 'c']) {
      await put(service, {
        organization_id: organizationId,
        unit: 'piece',
        unit_price_micros: 1,
        currency: 'usd',
      });
    }
    const path = `/v1/prices?organization_id=${organizationId}&limit=2`;
    const first = await app.request('GET', path);
    expect(first.body).toMatchObject({
      data: [{ service: 'a' }, { service: 'b' }],
      has_more: true,
    });
    const next = await app.request('GET', `${path}&starting_after=retail:b`);
    expect(next.body).toMatchObject({ data: [{ service: 'c' }], has_more: false });
  });

  const price = { unit: 'minute', rate_micros_per_minute: 1, currency: 'usd' };
  test.each([
    [{ ...price, unit_price_micros: 1 }, 'unit_price_micros'],
    [{ unit: 'minute', currency: 'usd' }, 'unit_price_micros'],
    [{ ...price, increment: '60' }, 'increment'],
    [{ ...price, increment: '0/60' }, 'increment'],
    [{ ...price, rate_micros_per_minute: 1_000_000_001 }, 'rate_micros_per_minute'],
    [{ ...price, rate_micros_per_minute: -1 }, 'rate_micros_per_minute'],
    [{ ...price, currency: 'dollar$' }, 'currency'],
    [{ ...price, book: 'wholesale' }, 'organization_id'],
  ])('%j is refused, naming %s', async (body, param) => {
    const answer = await put('voice_minute', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { param } });
  });
});

describe('quotes', () => {
  test.each([
    ['60/60', 0, 0],
    ['60/60', 1, 60_000],
    ['60/60', 59.2, 60_000],
    ['60/60', 60, 60_000],
    ['60/60', 60.1, 120_000],
    ['60/60', 61, 120_000],
    ['60/60', 86_400, 86_400_000],
    ['6/6', 0, 0],
    ['6/6', 1, 6_000],
    ['6/6', 59.2, 60_000],
    ['6/6', 60.1, 66_000],
    ['1/1', 1, 1_000],
    ['1/1', 59.2, 60_000],
    ['1/1', 60.1, 61_000],
    ['1/1', 86_400, 86_400_000],
    ['exact', 59.2, 59_200],
  ])('at %s, %d seconds of a cent a second cost %i micros', async (increment, seconds, micros) => {
    await put('voice_minute', {
      unit: 'minute',
      rate_micros_per_minute: 60_000,
      increment,
      currency: 'usd',
    });
    const answer = await quote([{ service: 'voice_minute', duration_seconds: seconds }]);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      total_micros: micros,
      affordable: micros <= 1_000_000,
    });
  });

  test('fee and minimum count once, and a wallet that can pay is named', async () => {
    await put('voice_minute', {
      unit: 'minute',
      rate_micros_per_minute: 60_000,
      increment: '1/1',
      connection_fee_micros: 500,
      minimum_micros: 10_000,
      currency: 'usd',
    });
    const short = await quote([{ service: 'voice_minute', duration_seconds: 2 }]);
    expect(short.body).toMatchObject({ total_micros: 10_000, wallet_id: walletId });
    const long = await quote([{ service: 'voice_minute', duration_seconds: 30 }]);
    expect(long.body).toMatchObject({ total_micros: 30_500 });
  });

  test('no price, two currencies, or the wrong measure are told apart', async () => {
    const none = await quote([{ service: 'unheard_of', quantity: 1 }]);
    expect(none.body).toMatchObject({ error: { code: 'price_not_found' } });
    await put('sms', { unit: 'segment', unit_price_micros: 1, currency: 'eur' });
    const mixed = await quote([
      { service: 'sms', quantity: 1 },
      { service: 'voice_minute', duration_seconds: 1 },
    ]);
    expect(mixed.body).toMatchObject({ error: { code: 'currency_mismatch' } });
    const measure = await quote([{ service: 'sms', duration_seconds: 1 }]);
    expect(measure.body).toMatchObject({ error: { code: 'invalid_request', param: 'items' } });
  });
});
