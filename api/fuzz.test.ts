/**
 * Every route against wrong requests, made from the OpenAPI document: a wrong type in each field,
 * each required field missing, a field too many, garbage in paths and queries. The answer is a 4xx
 * in the one error shape, and never a 5xx.
 *
 * A route that is not in BASES is fuzzed as well, from an empty body; in BASES it is also shown that
 * the good request passes, so that the refusals are for the fault and nothing else.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADMIN_KEY,
  type ApiAnswer,
  type TestApplication,
  testApplication,
} from './test/application.ts';
import { BASES, type Base, fuzzStage, type Stage } from './test/fuzz/bases.ts';
import { type Operation, readDocument } from './test/fuzz/document.ts';
import { type Components, GARBAGE_TEXTS, mutationsOf, rawOf } from './test/fuzz/values.ts';

/** Thousands of requests, on a machine that has other things to do. */
const THOUSANDS_MS = 90_000;

let app: TestApplication;
let stage: Stage;
let operations: Operation[];
let components: Components;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_RATE_LIMIT_PER_SECOND: '1000000' });
  stage = await fuzzStage(app);
  ({ operations, components } = await readDocument(app));
});
afterAll(() => app.stop());

/** What is wrong with an answer to a request that need not pass; empty when nothing is. */
function faultOf(answer: ApiAnswer, refused: boolean): string {
  if (answer.status >= 500) return `${answer.status} ${answer.text}`;
  if (answer.status < 400) return refused ? `${answer.status}, not refused` : '';
  const { error, endCall } = answer.body as { error?: Record<string, unknown>; endCall?: boolean };
  // The answer of a status check is for a provider first; its error has no link.
  const docs = endCall === undefined ? ['docs'] : [];
  const shaped = ['type', 'code', 'message', 'request_id', ...docs].every(
    (name) => typeof error?.[name] === 'string',
  );
  if (!shaped) return `${answer.status} without the error shape: ${answer.text.slice(0, 200)}`;
  return error?.code === 'rate_limited' ? 'rate limited, so nothing was tried' : '';
}

/** Text for a URL; half a surrogate pair cannot be written there and becomes U+FFFD. */
const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString());

function pathOf(template: string, params: Record<string, string> = {}): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? 'none'),
  );
}

async function baseOf({ route }: Operation): Promise<Base> {
  return (await BASES[route]?.(stage)) ?? { body: {} };
}

describe('a wrong body', () => {
  test('BASES names routes that exist', () => {
    const withBody = operations.filter((operation) => operation.body !== undefined);
    expect(withBody.map(({ route }) => route)).toEqual(expect.arrayContaining(Object.keys(BASES)));
  });

  test(
    'is refused by every route, field by field',
    async () => {
      const faults: string[] = [];
      let sent = 0;
      for (const operation of operations) {
        if (operation.body === undefined || !operation.keyed) continue;
        const base = await baseOf(operation);
        const path = pathOf(operation.path, base.params);
        for (const { what, body, refused } of mutationsOf(operation.body, components, base.body)) {
          const answer = await app.request(operation.method, path, { raw: rawOf(body) });
          const fault = faultOf(answer, refused);
          if (fault !== '') faults.push(`${operation.route}, ${what}: ${fault}`);
          sent += 1;
        }
      }
      expect(faults).toEqual([]);
      expect(sent).toBeGreaterThan(1_000);
    },
    THOUSANDS_MS,
  );

  test.each(Object.keys(BASES))('and the good one of %s passes', async (route) => {
    const operation = operations.find((one) => one.route === route);
    if (operation === undefined) throw new Error(`${route} is not in the document`);
    const base = await baseOf(operation);
    const path = pathOf(operation.path, base.params);
    const answer = await app.request(operation.method, path, { body: base.body });
    expect([200, 201], answer.text).toContain(answer.status);
  });
});

describe('a wrong path or query', () => {
  test('with garbage in place of an id never breaks a route', async () => {
    const faults: string[] = [];
    const garbage = GARBAGE_TEXTS.map(([, text]) => encoded(text));
    for (const operation of operations) {
      if (!operation.path.includes('{')) continue;
      const { body } = await baseOf(operation);
      for (const text of [...garbage, '%00', '%ff', '%ED%A0%80', '..%2f..', '%']) {
        const path = operation.path.replaceAll(/\{\w+\}/g, text);
        const call = operation.body === undefined ? {} : { body };
        const fault = faultOf(await app.request(operation.method, path, call), text === '%00');
        if (fault !== '') faults.push(`${operation.method} ${path.slice(0, 80)}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
  });

  test('with garbage in a query parameter never breaks a route', async () => {
    const faults: string[] = [];
    for (const operation of operations) {
      const { params, body } = await baseOf(operation);
      for (const name of operation.query) {
        for (const [what, text] of [...GARBAGE_TEXTS, ['nothing', ''] as const]) {
          const query = `?${name}=${encoded(text)}`;
          const path = pathOf(operation.path, params) + query;
          const call = operation.body === undefined ? {} : { body };
          // The ids of calls are their callers' own, so any text may be one.
          const cursor = name === 'starting_after' && operation.path !== '/v1/calls';
          const refused = text.includes('\0') || cursor;
          const fault = faultOf(await app.request(operation.method, path, call), refused);
          if (fault !== '') faults.push(`${operation.route}, ${name} is ${what}: ${fault}`);
        }
      }
    }
    expect(faults).toEqual([]);
  });

  test.each(['0', '101', 'abc', '1.5', '-1', '1e1', '', '0x5', ' 5', '٣'])(
    'limit=%s is refused by every list',
    async (limit) => {
      const lists = operations.filter(({ query }) => query.includes('limit'));
      expect(lists.length).toBeGreaterThan(5);
      for (const operation of lists) {
        const path = pathOf(operation.path, { wallet_id: stage.walletId });
        const answer = await app.request('GET', `${path}?limit=${encodeURIComponent(limit)}`);
        expect([operation.route, answer.status]).toEqual([operation.route, 400]);
        expect(answer.body).toMatchObject({ error: { param: 'limit' } });
      }
    },
  );
});

describe('an abusive request', () => {
  const post = (raw: string, headers: Record<string, string> = {}) =>
    app.request('POST', `/v1/wallets/${stage.walletId}/credits`, { raw, headers });

  test.each([
    ['10,000 brackets', '['.repeat(10_000) + ']'.repeat(10_000), 400],
    ['10,000 objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400],
    ['10,000 fields', JSON.stringify(Object.fromEntries([...Array(10_000).keys()].entries())), 400],
    ['1 MiB and one byte', `"${'x'.repeat(1024 * 1024 - 1)}"`, 413],
    ['exactly 1 MiB', `"${'x'.repeat(1024 * 1024 - 2)}"`, 400],
    ['a key twice', '{"kind":"bonus","amount_micros":1,"amount_micros":2}', 400],
    ['a key twice, escaped', '{"kind":"bonus","amount_micros":1,"amount\\u005fmicros":2}', 400],
    ['NaN', '{"kind":"bonus","amount_micros":NaN}', 400],
    ['a number of 1,000 digits', `{"kind":"bonus","amount_micros":${'9'.repeat(1_000)}}`, 400],
    ['an exponent', '{"kind":"bonus","amount_micros":1e309}', 400],
    ['a byte order mark', '\ufeff{"kind":"bonus","amount_micros":1}', 400],
  ])('%s', async (_, raw, status) => {
    const answer = await post(raw);
    expect(answer.status).toBe(status);
    expect(faultOf(answer, true)).toBe('');
  });

  test('bytes that are no UTF-8 are no JSON', async () => {
    const bytes = Buffer.from('{"kind":"bonus","amount_micros":1,"reference":"\xff"}', 'latin1');
    const answer = await app.raw(
      new Request(`http://ringfence.test/v1/wallets/${stage.walletId}/credits`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: bytes,
      }),
    );
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'malformed_json' } });
  });

  test('200 odd headers are ignored, and a long key or request id is not', async () => {
    const odd = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'y']));
    const read = await app.request('GET', `/v1/wallets/${stage.walletId}`, { headers: odd });
    expect(read.status).toBe(200);
    const long = await app.request('GET', '/v1/wallets', { key: 'x'.repeat(5_000) });
    expect(long.status).toBe(401);
  });

  test('garbage at a webhook is a 4xx in the error shape', async () => {
    const signed = operations.filter(({ path }) => path.startsWith('/webhooks/'));
    expect(signed.length).toBeGreaterThan(3);
    for (const { route, path } of signed) {
      for (const raw of ['', '{', 'null', '[]', '{"a":"\\u0000"}', '['.repeat(10_000)]) {
        expect([
          route,
          raw.slice(0, 5),
          faultOf(await app.request('POST', path, { raw }), true),
        ]).toEqual([route, raw.slice(0, 5), '']);
      }
    }
  });

  test('after all of it the money is still right', async () => {
    const { body } = await app.request('GET', `/v1/wallets/${stage.walletId}`);
    expect(Number.isSafeInteger(body.posted_micros)).toBe(true);
    expect((await app.request('GET', '/readyz')).status).toBe(200);
  });
});
