import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from './test/application.ts';
import { organization, wallet } from './test/tenants.ts';

let app: TestApplication;
let walletId: string;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_PUBLIC_URL: 'https://ringfence.test' });
  walletId = await wallet(app, await organization(app, 'Acme'));
});
afterAll(() => app.stop());

const credits = () => `/v1/wallets/${walletId}/credits`;
const deposit = '{"kind":"bonus","amount_micros":1}';

describe('every answer', () => {
  test('an error has the one shape, with a link that explains its code', async () => {
    const answer = await app.request('GET', '/v1/wallets/wal_none', {
      headers: { 'request-id': 'trace-1' },
    });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error: {
        type: 'request',
        code: 'not_found',
        message: 'There is no wallet wal_none for this key.',
        request_id: 'trace-1',
        docs: 'https://ringfence.test/docs/errors#not_found',
      },
    });
  });

  test.each([
    ['trace-1', 'trace-1'],
    ['x'.repeat(129), /^req_[0-9a-f]{32}$/],
    ['<script>', /^req_[0-9a-f]{32}$/],
  ])('Request-Id %s is echoed if it is sane, else made', async (sent, expected) => {
    const { headers } = await app.request('GET', '/healthz', { headers: { 'request-id': sent } });
    expect(headers.get('request-id')).toMatch(expected);
  });

  test('is not to be cached or sniffed', async () => {
    const { headers } = await app.request('GET', `/v1/wallets/${walletId}`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('routing', () => {
  test('an unknown route is 404 with the error shape', async () => {
    const answer = await app.request('GET', '/v1/nothing');
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ error: { code: 'not_found' } });
    expect(answer.headers.get('request-id')).toMatch(/^req_/);
  });

  test('a wrong method is 405 and names the right ones', async () => {
    const answer = await app.request('DELETE', '/v1/wallets');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST, GET');
    expect(answer.body).toMatchObject({ error: { code: 'method_not_allowed' } });
  });
});

describe('bodies', () => {
  test.each([
    ['{"kind":"bonus",', 16],
    ['{"kind":"bonus" "amount_micros":1}', 16],
    ['{"kind":bonus}', 8],
    ['[1,2,]', 5],
    ['{"a":01}', 6],
    ['{"a":"\u0001"}', 5],
    ['', 0],
    ['{} {}', 3],
  ])('%j is malformed JSON at position %i', async (raw, position) => {
    const answer = await app.request('POST', credits(), { raw });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { code: 'malformed_json', details: { position } } });
  });

  test('deep nesting is refused, not a crash', async () => {
    const answer = await app.request('POST', credits(), { raw: '['.repeat(100_000) });
    expect(answer.status).toBe(400);
  });

  test('another content type is 415', async () => {
    const answer = await app.request('POST', credits(), {
      raw: deposit,
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer.status).toBe(415);
    expect(answer.body).toMatchObject({ error: { code: 'unsupported_media_type' } });
  });

  test('more than 1 MiB is 413, whether its length was declared or not', async () => {
    const raw = `{"kind":"${'x'.repeat(1024 * 1024)}"}`;
    const told = await app.request('POST', credits(), { raw });
    expect(told.status).toBe(413);
    const declared = await app.request('POST', credits(), {
      raw: '{}',
      headers: { 'content-length': String(2 * 1024 * 1024) },
    });
    expect(declared.status).toBe(413);
    expect(declared.body).toMatchObject({ error: { code: 'body_too_large' } });
  });

  test.each(['__proto__', 'constructor', 'toString'])('the field %s is unknown', async (name) => {
    const answer = await app.request('POST', credits(), {
      raw: `{"kind":"bonus","amount_micros":1,"${name}":{"polluted":true}}`,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { param: name } });
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('Idempotency-Key', () => {
  test('is required where money moves', async () => {
    const answer = await app.request('POST', credits(), { raw: deposit, idempotencyKey: false });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: { code: 'idempotency_key_required', param: 'Idempotency-Key' },
    });
  });

  test.each(['x'.repeat(256), 'two, keys', 'umläut'])('%s is refused', async (idempotencyKey) => {
    const answer = await app.request('POST', credits(), { raw: deposit, idempotencyKey });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: { code: 'invalid_request', param: 'Idempotency-Key' },
    });
  });

  test('is scoped to the path: another wallet, another effect', async () => {
    const other = await wallet(app, await organization(app, 'Other'));
    for (const id of [walletId, other]) {
      const answer = await app.request('POST', `/v1/wallets/${id}/credits`, {
        raw: deposit,
        idempotencyKey: 'shared',
      });
      expect(answer.status).toBe(201);
      expect(answer.headers.get('idempotency-replayed')).toBeNull();
    }
  });
});

describe('queries', () => {
  test.each(['limit=0', 'limit=101', 'limit=1.5', 'limit=ten', 'limits=5', 'starting_after='])(
    '?%s is refused and named',
    async (query) => {
      const answer = await app.request('GET', `/v1/wallets?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ error: { param: query.split('=')[0] } });
    },
  );
});

describe('the documentation', () => {
  test('OpenAPI 3.1 names every route and every problem', async () => {
    const { body } = await app.request('GET', '/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0' });
    const paths = body.paths as Record<string, Record<string, { responses: object }>>;
    expect(Object.keys(paths['/v1/wallets'] ?? {}).sort()).toEqual(['get', 'post']);
    expect(paths['/v1/wallets/{wallet_id}/charges']?.post?.responses).toHaveProperty('402');
  });

  test('the reference page loads nothing from elsewhere', async () => {
    const page = await app.request('GET', '/docs');
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]);
    for (const url of loaded) {
      expect(url).toMatch(/^\//);
      const answer = await app.request('GET', String(url));
      expect(answer.status).toBe(200);
      expect(answer.text.length).toBeGreaterThan(10);
    }
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  test('the page of errors has a row for each code', async () => {
    const { text } = await app.request('GET', '/docs/errors');
    expect(text).toContain('id="insufficient_funds"');
    expect(text).toContain('id="recovering"');
  });
});

describe('service pages', () => {
  test('are open without a key', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const answer = await app.request('GET', path, { headers: { authorization: '' } });
      expect(answer.status, path).toBe(200);
    }
  });

  test('metrics count requests by route, never by path', async () => {
    await app.request('GET', `/v1/wallets/${walletId}`);
    const { text } = await app.request('GET', '/metrics');
    expect(text).toContain('route="/v1/wallets/{wallet_id}"');
    expect(text).not.toContain(walletId);
    expect(text).toContain('ringfence_gate_open 1');
  });
});

describe('outages', () => {
  test('Redis away: 503 with Retry-After, no stack, not ready; and all is well afterwards', async () => {
    await app.kill9Redis();
    const away = await app.request('POST', credits(), { raw: deposit, idempotencyKey: 'outage' });
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(away.body).toMatchObject({ error: { type: 'outage' } });
    expect(away.text).not.toMatch(/at .*\.ts|ECONN|ioredis/);
    expect((await app.request('GET', '/readyz')).status).toBe(503);
    expect((await app.request('GET', '/healthz')).status).toBe(200);
    await app.restartRedis();
    await expect
      .poll(async () => (await app.request('GET', '/readyz')).status, { timeout: 60_000 })
      .toBe(200);
    const again = () => app.request('POST', credits(), { raw: deposit, idempotencyKey: 'outage' });
    await expect.poll(async () => (await again()).status).toBe(201);
  });
});
