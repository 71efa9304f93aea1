/**
 * Every route against wrong requests, made from the OpenAPI document: a wrong type in each field,
 * each required field missing, a field too many, garbage in paths and queries. The answer is a 4xx
 * in the one error shape, and never a 5xx. All of it goes through the server's socket: what is plain
 * around Hono, and each fifth then in chunks by Hono, which has to say the same.
 *
 * A route that is not in BASES is fuzzed as well, from an empty body; in BASES it is also shown that
 * the good request passes, so that the refusals are for the fault and nothing else.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from './test/application.ts';
import { statusesOf } from './test/batch.ts';
import { BASES, type Base, fuzzStage, type Stage } from './test/fuzz/bases.ts';
import { type Operation, readDocument } from './test/fuzz/document.ts';
import { inFlight } from './test/fuzz/in-flight.ts';
import {
  type Components,
  GARBAGE_TEXTS,
  type Mutation,
  mutationsOf,
  rawOf,
} from './test/fuzz/values.ts';

/** Thousands of requests, on a machine that has other things to do. */
const THOUSANDS_MS = 300_000;

let app: TestApplication;
let stage: Stage;
let operations: Operation[];
let components: Components;
beforeAll(async () => {
  const env = { RINGFENCE_RATE_LIMIT_PER_SECOND: '1000000' };
  app = await testApplication(env, undefined, { listens: true });
  stage = await fuzzStage(app);
  ({ operations, components } = await readDocument(app));
});
afterAll(() => app.stop());

/** What is wrong with an answer to a request that need not pass; empty when nothing is. */
function faultOf(answer: ApiAnswer, refused: boolean): string {
  if (answer.status >= 500) return `${answer.status} ${answer.text}`;
  if (answer.status === 207) return itemsFault(answer, refused);
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

/** The same of what each item of a batch was told. */
function itemsFault(answer: ApiAnswer, refused: boolean): string {
  const items = answer.body.data as { status: number; body: Record<string, unknown> }[];
  const faults = items.map(({ status, body }) =>
    faultOf({ ...answer, status, body, text: JSON.stringify(body) }, refused),
  );
  return faults.find((fault) => fault !== '') ?? '';
}

/** What two answers to one wrong request have in common. */
function saidBy({ status, body }: ApiAnswer): string {
  const { code, message, param, details } = (body.error ?? {}) as Record<string, unknown>;
  return JSON.stringify([status, code, message, param, details]);
}

/** Every fifth wrong body of a POST goes by Hono too; there are 26 values, so each of them has its turn. */
const BY_HONO_EACH = 5;

/** Of a wrong body, sent as it is in production, and where `byHono` in a way that is Hono's. */
async function faultsOf(
  operation: Operation,
  base: Base,
  mutation: Mutation,
  byHono: boolean,
): Promise<string[]> {
  const { what, body, refused } = mutation;
  const { method, route } = operation;
  const path = pathOf(operation.path, base.params);
  const ways = byHono ? [false, true] : [false];
  const answers = await Promise.all(
    ways.map((chunked) => app.request(method, path, { raw: rawOf(body), chunked })),
  );
  const faults = answers.map((answer) => faultOf(answer, refused));
  const said = new Set(answers.map(saidBy));
  if (refused && said.size > 1) faults.push([...said].join(' and '));
  return faults.filter((fault) => fault !== '').map((fault) => `${route}, ${what}: ${fault}`);
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
        const mutations = mutationsOf(operation.body, components, base.body);
        const found = await inFlight([...mutations.entries()], ([i, one]) =>
          faultsOf(operation, base, one, operation.method === 'POST' && i % BY_HONO_EACH === 0),
        );
        faults.push(...found.flat());
        sent += mutations.length;
      }
      expect(faults).toEqual([]);
      expect(sent).toBeGreaterThan(1_000);
      expect(app.direct()).toBeGreaterThan(1_000);
    },
    THOUSANDS_MS,
  );

  test.each(Object.keys(BASES))('and the good one of %s passes', async (route) => {
    const operation = operations.find((one) => one.route === route);
    if (operation === undefined) throw new Error(`${route} is not in the document`);
    const base = await baseOf(operation);
    const path = pathOf(operation.path, base.params);
    const answer = await app.request(operation.method, path, { body: base.body });
    for (const status of statusesOf(answer)) expect([200, 201], answer.text).toContain(status);
  });
});

describe('a wrong path or query', () => {
  test('with garbage in place of an id never breaks a route', async () => {
    const garbage = GARBAGE_TEXTS.map(([, text]) => encoded(text));
    const texts = [...garbage, '%00', '%ff', '%ED%A0%80', '..%2f..', '%'];
    const faults: string[] = [];
    for (const operation of operations.filter(({ path }) => path.includes('{'))) {
      const { body } = await baseOf(operation);
      const call = operation.body === undefined ? {} : { body };
      const found = await inFlight(texts, async (text) => {
        const path = operation.path.replaceAll(/\{\w+\}/g, text);
        const fault = faultOf(await app.request(operation.method, path, call), text === '%00');
        return fault === '' ? [] : [`${operation.method} ${path.slice(0, 80)}: ${fault}`];
      });
      faults.push(...found.flat());
    }
    expect(faults).toEqual([]);
  });

  test('with garbage in a query parameter never breaks a route', async () => {
    const faults: string[] = [];
    const texts = [...GARBAGE_TEXTS, ['nothing', ''] as const];
    for (const operation of operations) {
      const { params, body } = await baseOf(operation);
      const call = operation.body === undefined ? {} : { body };
      const tried = operation.query.flatMap((name) =>
        texts.map((text) => [name, ...text] as const),
      );
      const found = await inFlight(tried, async ([name, what, text]) => {
        const path = `${pathOf(operation.path, params)}?${name}=${encoded(text)}`;
        // The ids of calls are their callers' own, so any text may be one.
        const cursor = name === 'starting_after' && operation.path !== '/v1/calls';
        const refused = text.includes('\0') || cursor;
        const fault = faultOf(await app.request(operation.method, path, call), refused);
        return fault === '' ? [] : [`${operation.route}, ${name} is ${what}: ${fault}`];
      });
      faults.push(...found.flat());
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

describe.each([
  ['of a declared length', false],
  ['in chunks', true],
])('an abusive body %s', (_way, chunked) => {
  const post = (raw: string | Buffer) =>
    app.request('POST', `/v1/wallets/${stage.walletId}/credits`, { raw, chunked });

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
    const answer = await post(bytes);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { code: 'malformed_json' } });
  });
});

describe('an abusive request', () => {
  test.each([
    [90, 200],
    [200, 431],
  ])('%i odd headers are answered %i', async (count, status) => {
    const odd = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y']));
    const read = await app.request('GET', `/v1/wallets/${stage.walletId}`, { headers: odd });
    expect(read.status).toBe(status);
    if (status >= 400) expect(faultOf(read, true)).toBe('');
  });

  test('a long key is not known', async () => {
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
    await expect.poll(async () => (await app.request('GET', '/readyz')).status).toBe(200);
  });
});
