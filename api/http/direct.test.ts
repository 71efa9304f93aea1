/**
 * The way around Hono answers as Hono does: every request of the list is sent, byte for byte, to a
 * server with it and to one without it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparable, exchange, type TwoServers, toldOf, twoServers } from '../test/two-servers.ts';

let servers: TwoServers;
beforeAll(async () => {
  servers = await twoServers();
});
afterAll(() => servers.stop());

interface Sent {
  readonly line?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Instead of a declared length. */
  readonly length?: string;
}

const TURN = 'POST /v1/things/a-1/turn HTTP/1.1';

function textOf({ line = TURN, headers, body: sent = '{"text":"x"}', length }: Sent): string {
  const own = headers ?? ['authorization: Bearer good', 'content-type: application/json'];
  const declared = length ?? `content-length: ${Buffer.byteLength(sent)}`;
  const head = [line, 'host: localhost', 'connection: close', ...own, declared];
  return `${head.filter((each) => each !== '').join('\r\n')}\r\n\r\n${sent}`;
}

const KEY = 'authorization: Bearer good';
const JSON_TYPE = 'content-type: application/json';
const PLAIN: readonly [string, Sent][] = [
  ['a request', {}],
  ['of another route', { line: 'POST /v1/things/all HTTP/1.1' }],
  ['without a body', { body: '' }],
  ['of a route that takes none', { line: 'POST /v1/things/x HTTP/1.1' }],
  ['an umlaut', { body: '{"text":"üü"}' }],
  ['wrong fields', { body: '{"text":1,"more":2}' }],
  ['no JSON', { body: '{"text":' }],
  ['a key twice', { body: '{"text":"a","text":"b"}' }],
  ['an error nobody foresaw', { body: '{"text":"throw"}' }],
  ['no key', { headers: [JSON_TYPE] }],
  ['a wrong key', { headers: ['authorization: Bearer bad', JSON_TYPE] }],
  ['no type', { headers: [KEY] }],
  ['another type', { headers: [KEY, 'content-type: text/plain'] }],
  ['a request id', { headers: [KEY, JSON_TYPE, 'request-id: mine'] }],
  ['an unfit request id', { headers: [KEY, JSON_TYPE, 'request-id: {not fit}'] }],
  ['an Idempotency-Key', { headers: [KEY, JSON_TYPE, 'idempotency-key: k 1'] }],
  ['an unfit Idempotency-Key', { headers: [KEY, JSON_TYPE, 'idempotency-key: a, b'] }],
  ['other headers', { headers: [KEY, JSON_TYPE, 'user-agent: me', 'cookie: a=b'] }],
];

const ODD: readonly [string, Sent][] = [
  ['a query', { line: 'POST /v1/things/a/turn?how=so&x=1 HTTP/1.1' }],
  ['an escaped path', { line: 'POST /v1/things/a%2Fb/turn HTTP/1.1' }],
  ['dots in the path', { line: 'POST /v1/things/../things/a/turn HTTP/1.1' }],
  ['a slash too many', { line: 'POST /v1/things//turn HTTP/1.1' }],
  ['a slash at the end', { line: 'POST /v1/things/all/ HTTP/1.1' }],
  ['a whole URL', { line: 'POST http://localhost/v1/things/a/turn HTTP/1.1' }],
  ['an unknown path', { line: 'POST /v1/nothing HTTP/1.1' }],
  ['another method', { line: 'PUT /v1/things/all HTTP/1.1' }],
  ['a webhook', { line: 'POST /v1/hooks/x HTTP/1.1' }],
  ['HTTP/1.0', { line: 'POST /v1/things/a/turn HTTP/1.0' }],
  ['a chunked body', { length: 'transfer-encoding: chunked', body: '2\r\n{}\r\n0\r\n\r\n' }],
  ['no length', { length: '', body: '' }],
  ['two keys', { headers: [KEY, 'authorization: Bearer bad', JSON_TYPE] }],
  ['two types', { headers: [KEY, JSON_TYPE, 'content-type: text/plain'] }],
  [
    'two Idempotency-Keys',
    { headers: [KEY, JSON_TYPE, 'idempotency-key: a', 'idempotency-key: b'] },
  ],
  ['a header of no ASCII', { headers: [KEY, JSON_TYPE, 'request-id: \u00fc'] }],
  ['a long body', { length: `content-length: ${2 * 1024 * 1024}`, body: '{}' }],
];

describe.each([
  ['directly', PLAIN, true],
  ['by Hono', ODD, false],
] as const)('is answered %s, and alike', (_, cases, directly) => {
  test.each(cases)('%s', async (_name, sent) => {
    const { seen, taken } = servers;
    taken.length = 0;
    seen.length = 0;
    const ours = await exchange(servers.withDirect, textOf(sent));
    const ofOurs = seen.length;
    const honos = await exchange(servers.withoutDirect, textOf(sent));
    expect(taken.length).toBe(directly ? 1 : 0);
    expect(comparable(ours)).toEqual(comparable(honos));
    const told = seen.map(toldOf);
    expect(told.slice(0, ofOurs)).toEqual(told.slice(ofOurs));
  });
});

test('one after the other on one connection, the first of them refused unread', async () => {
  const keep = (text: string) => text.replace('connection: close\r\n', '');
  const refused = keep(textOf({ headers: [JSON_TYPE], body: `{"text":"${'x'.repeat(100_000)}"}` }));
  const answer = await exchange(servers.withDirect, refused + keep(textOf({})) + textOf({}));
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 201', 'HTTP/1.1 201']);
});
