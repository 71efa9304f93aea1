import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from '../test/application.ts';
import { apiKey, organization, type Tenants, tenants, wallet } from '../test/tenants.ts';

interface Result {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

const PRICE_MICROS = 60_000;

let app: TestApplication;
let all: Tenants;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_RATE_LIMIT_PER_SECOND: '1000' });
  all = await tenants(app);
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: PRICE_MICROS, currency: 'usd' },
  });
});
afterAll(() => app.stop());

async function batch(path: string, items: unknown[], key?: string): Promise<Result[]> {
  const answer = await app.request('POST', path, { body: { items }, ...(key && { key }) });
  expect(answer.status, answer.text).toBe(207);
  const data = answer.body.data as Result[];
  expect(data.length).toBe(items.length);
  expect(answer.body.failed).toBe(data.filter(({ status }) => status >= 400).length);
  return data;
}

const calls = (items: unknown[], key?: string) => batch('/v1/calls/batch', items, key);
const charges = (items: unknown[], key?: string) => batch('/v1/charges/batch', items, key);

/** What an item is told is what the route for one says, but for the request that it was asked in. */
function expectSame(result: Result | undefined, one: ApiAnswer): void {
  const plain = (body: unknown) =>
    JSON.parse(JSON.stringify(body).replace(/"request_id":"[^"]*"/, '"request_id":""'));
  expect(result?.status).toBe(one.status);
  expect(plain(result?.body)).toEqual(plain(one.body));
}

async function posted(walletId: string): Promise<unknown> {
  return (await app.request('GET', `/v1/wallets/${walletId}`)).body.posted_micros;
}

describe('POST /v1/calls/batch', () => {
  test('answers each call by itself, in order, as its own route would', async () => {
    const poor = await organization(app, 'Poor');
    const items = [
      { call_id: 'batch 1', organization_id: all.client.organizationId },
      { call_id: 'batch 2', organization_id: poor },
      { call_id: 'batch 3', organization_id: 'org_of_nobody' },
      { call_id: 'batch 4', organization_id: all.client.organizationId, destination: 'nowhere' },
      'no call at all',
      { call_id: 'batch 6', organization_id: all.agency.organizationId },
    ];
    const results = await calls(items);
    expect(results.map(({ status }) => status)).toEqual([201, 402, 404, 400, 400, 201]);
    expect(results[0]?.body).toMatchObject({ call_id: 'batch 1', state: 'authorized' });
    for (const [i, body] of items.entries()) {
      expectSame(results[i], await app.request('POST', '/v1/calls', { body }));
    }
  });

  test('a repeat, whole or of one call alone, gives the first answers again', async () => {
    const { organizationId } = all.client;
    const items = ['again 1', 'again 2'].map((call_id) => ({
      call_id,
      organization_id: organizationId,
    }));
    const first = await calls(items);
    const second = await calls(items);
    expect(second.map(({ body }) => body)).toEqual(first.map(({ body }) => body));
    expect(second.map(({ headers }) => headers['idempotency-replayed'])).toEqual(['true', 'true']);
    const changed = await calls([{ ...items[0], max_duration_seconds: 60 }, items[1]]);
    expect(changed.map(({ status }) => status)).toEqual([409, 201]);
    expect(changed[0]?.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
  });

  test('of a hundred calls on money for three, three are authorized', async () => {
    const organizationId = await organization(app, 'Three calls');
    const walletId = await wallet(app, organizationId, PRICE_MICROS * 3);
    await app.request('PATCH', `/v1/organizations/${organizationId}`, {
      body: { call_policy: { quantum_seconds: 60 } },
    });
    const items = Array.from({ length: 100 }, (_, i) => ({
      call_id: `of three ${i}`,
      organization_id: organizationId,
    }));
    const statuses = (await calls(items)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(statuses.filter((status) => status === 402)).toHaveLength(97);
    expect((await app.request('GET', `/v1/wallets/${walletId}`)).body).toMatchObject({
      held_micros: PRICE_MICROS * 3,
      live_calls: 3,
    });
  });

  test('permits each item by itself', async () => {
    const items = [all.agency, all.client, all.other].map(({ organizationId }, i) => ({
      call_id: `permitted ${i}`,
      organization_id: organizationId,
    }));
    const results = await calls(items, all.agency.keys.agency);
    expect(results.map(({ status }) => status)).toEqual([201, 403, 404]);
  });
});

describe('POST /v1/charges/batch', () => {
  test('makes each charge once, whichever route its key comes by', async () => {
    const walletId = await wallet(app, all.client.organizationId, 100);
    const item = { wallet_id: walletId, amount_micros: 30, idempotency_key: 'charge a' };
    const items = [
      item,
      { ...item, amount_micros: 31 },
      { ...item, idempotency_key: undefined },
      { ...item, idempotency_key: 'charge b', amount_micros: 1_000 },
      { ...item, idempotency_key: 'charge c', quantity: 2 },
      { ...item, idempotency_key: 'charge d', wallet_id: 'wal_of_nobody' },
    ];
    const results = await charges(items.slice(0, 1).concat(items.slice(2)));
    expect(results.map(({ status }) => status)).toEqual([201, 400, 402, 400, 404]);
    expect(results[1]?.body).toMatchObject({
      error: { code: 'idempotency_key_required', param: 'idempotency_key' },
    });
    const one = await app.request('POST', `/v1/wallets/${walletId}/charges`, {
      body: { amount_micros: 30 },
      idempotencyKey: 'charge a',
    });
    expectSame(results[0], one);
    expect(one.headers.get('idempotency-replayed')).toBe('true');
    const [again, other] = await charges(items.slice(0, 2));
    expect(again?.headers).toEqual({ 'idempotency-replayed': 'true' });
    expect(other?.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
    expect(await posted(walletId)).toBe(70);
  });

  test('a hundred purchases in one batch on money for one: one is made', async () => {
    const walletId = await wallet(app, all.client.organizationId, 1_000);
    const items = Array.from({ length: 100 }, (_, i) => ({
      wallet_id: walletId,
      amount_micros: 1_000,
      overdraft: false,
      idempotency_key: `purchase ${i}`,
    }));
    const statuses = (await charges(items)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 402)).toHaveLength(99);
    expect(await posted(walletId)).toBe(0);
  });
});

describe('a batch', () => {
  test.each([[[]], [Array.from({ length: 101 }, () => ({}))], ['no list'], [undefined]])(
    'that is no list of 1 to 100 is refused whole: %#',
    async (items) => {
      for (const path of ['/v1/calls/batch', '/v1/charges/batch']) {
        const answer = await app.request('POST', path, { body: { items } });
        expect(answer.status).toBe(400);
        expect(answer.body).toMatchObject({ error: { code: 'invalid_request', param: 'items' } });
      }
    },
  );

  test('counts as many requests as it has items, and past the limit does none of them', async () => {
    const slow = await testApplication({ RINGFENCE_RATE_LIMIT_PER_SECOND: '20' });
    try {
      const organizationId = await organization(slow, 'Slow');
      const walletId = await wallet(slow, organizationId, 1_000);
      const key = await apiKey(slow, 'platform');
      const of = (count: number) =>
        Array.from({ length: count }, (_, i) => ({
          wallet_id: walletId,
          amount_micros: 1,
          idempotency_key: `of ${count}: ${i}`,
        }));
      const send = (count: number) =>
        slow.request('POST', '/v1/charges/batch', { key, body: { items: of(count) } });
      expect((await send(21)).status).toBe(429);
      await expect.poll(async () => (await send(20)).status).toBe(207);
      const { body } = await slow.request('GET', `/v1/wallets/${walletId}`);
      expect(body.posted_micros).toBe(980);
    } finally {
      await slow.stop();
    }
  });

  test('while Redis is away says so of each item, and each is done when it is back', async () => {
    const walletId = await wallet(app, all.client.organizationId, 100);
    const items = ['x', 'y'].map((name) => ({
      wallet_id: walletId,
      amount_micros: 1,
      idempotency_key: `in an outage ${name}`,
    }));
    await app.kill9Redis();
    const away = await charges(items);
    expect(away.map(({ status }) => status)).toEqual([503, 503]);
    expect(away.map(({ headers }) => headers['retry-after'])).toEqual(['1', '1']);
    await app.restartRedis();
    const done = async () => (await charges(items)).map(({ status }) => status);
    await expect.poll(done, { timeout: 60_000 }).toEqual([201, 201]);
    expect(await posted(walletId)).toBe(98);
  });
});
