/**
 * Requests that could be read in two ways: what the way around Hono is not sure to read as
 * Hono does, it leaves to it. Each is sent, byte for byte, to a server with this way and to one without.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { comparable, exchange, type TwoServers, toldOf, twoServers } from '../test/two-servers.ts';

let servers: TwoServers;
beforeAll(async () => {
  servers = await twoServers();
});
afterAll(() => servers.stop());

const KEY = 'authorization: Bearer good';
const JSON_TYPE = 'content-type: application/json';
const SENT = '{"text":"x"}';
const TURN = '/v1/things/a-1/turn';

interface Request {
  readonly line?: string;
  readonly host?: string | undefined;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  /** false: it is among the headers, or missing. */
  readonly length?: boolean;
  readonly close?: boolean;
}

function bytesOf(request: Request): Buffer {
  const { line = `POST ${TURN} HTTP/1.1`, headers = [], body = SENT } = request;
  const { length = true, close = true } = request;
  const host = 'host' in request ? request.host : 'localhost';
  const head = [
    line,
    ...(host === undefined ? [] : [`host: ${host}`]),
    ...(close ? ['connection: close'] : []),
    ...[KEY, JSON_TYPE, ...headers],
    ...(length ? [`content-length: ${Buffer.byteLength(body)}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

/** Both servers answer alike, and have seen alike; answers the statuses, and how many went around Hono. */
async function both(bytes: Buffer): Promise<[statuses: string, direct: number]> {
  const { seen, taken } = servers;
  taken.length = 0;
  const told: unknown[][] = [];
  const answers: string[] = [];
  for (const server of [servers.withDirect, servers.withoutDirect]) {
    seen.length = 0;
    servers.asked = 0;
    answers.push(await exchange(server, bytes));
    // A request whose body Node cannot read is answered before it is observed.
    await expect.poll(() => seen.length).toBe(servers.asked);
    told.push(seen.map((one) => JSON.stringify(toldOf(one))).sort());
  }
  expect(comparable(answers[0] ?? '')).toEqual(comparable(answers[1] ?? ''));
  expect(told[0]).toEqual(told[1]);
  const statuses = answers[0]?.match(/HTTP\/1\.1 \d+/g) ?? [];
  return [statuses.map((status) => status.slice(-3)).join(' '), taken.length];
}

test.each([
  ['localhost', '201', 1],
  ['localhost:8080', '201', 1],
  ['10.0.0.7:65535', '201', 0],
  ['localhost:80', '201', 0],
  ['LOCALHOST', '201', 0],
  ['[::1]:8080', '201', 0],
  ['localhost:65536', '400', 0],
  ['localhost:99999', '400', 0],
  ['1.2.3.4.5:80', '400', 0],
  ['999.1.1.1:80', '400', 0],
  ['xn--:80', '400', 0],
  ['a:b', '400', 0],
  ['user@localhost', '400', 0],
  ['localhost/v1', '400', 0],
  ['', '400', 0],
  [undefined, '400', 0],
])('the host %s', async (host, status, direct) => {
  expect(await both(bytesOf({ host }))).toEqual([status, direct]);
});

const CHUNKS = '2\r\n{}\r\n0\r\n\r\n';
test.each<[string, Request, string, number]>([
  ['a length and chunks', { headers: ['transfer-encoding: chunked'], body: CHUNKS }, '400', 0],
  [
    'chunks and a length',
    { headers: ['transfer-encoding: chunked', 'content-length: 12'], body: CHUNKS, length: false },
    '400',
    0,
  ],
  ['an encoding of no body', { headers: ['transfer-encoding: identity'] }, '400', 0],
  ['two lengths', { headers: ['content-length: 5'] }, '400', 0],
  ['one length twice', { headers: ['content-length: 12'] }, '400', 0],
  ['a list of lengths', { headers: ['content-length: 12, 12'], length: false }, '400', 0],
  ['a negative length', { headers: ['content-length: -1'], length: false }, '400', 0],
  ['a length in hex', { headers: ['content-length: 0xc'], length: false }, '400', 0],
  ['zeros before a length', { headers: ['content-length: 012'], length: false }, '201', 1],
  ['a length of less', { headers: ['content-length: 2'], length: false }, '400', 1],
  ['more than the length', { headers: ['content-length: 0'], length: false }, '400', 1],
  ['no length', { length: false }, '400', 0],
  ['Expect: 100-continue', { headers: ['expect: 100-continue'] }, '100 201', 0],
  ['another expectation', { headers: ['expect: more'] }, '417', 0],
  ['a length that is no number', { headers: ['content-length: 1e1'], length: false }, '400', 0],
  ['an upgrade', { headers: ['upgrade: h2c'] }, '201', 1],
  ['a folded header', { headers: ['x: a', ' b'] }, '400', 0],
  ['__proto__ as a header', { headers: ['__proto__: x'] }, '201', 0],
  ['constructor as a header', { headers: ['constructor: x'] }, '201', 1],
  ['any header twice', { headers: ['x: a', 'x: a'] }, '201', 0],
  ['another method by a header', { headers: ['x-http-method-override: DELETE'] }, '201', 1],
  ['a key in Latin-1', { headers: ['idempotency-key: \xff'] }, '400', 0],
  ['a tab in a key', { headers: ['idempotency-key: a\tb'] }, '400', 0],
  ['an empty Idempotency-Key', { headers: ['idempotency-key:'] }, '201', 0],
])('%s', async (_, request, statuses, direct) => {
  expect(await both(bytesOf(request))).toEqual([statuses, direct]);
});

test.each([
  ['HEAD', TURN, '405'],
  ['OPTIONS', TURN, '405'],
  ['TRACE', TURN, '405'],
  ['HEAD', '/v1/things/all', '200'],
  ['GET', '/v1/things/all', '200'],
  ['post', TURN, '400'],
  ['CONNECT', TURN, ''],
])('%s %s', async (method, path, status) => {
  const body = method === 'CONNECT' ? SENT : '';
  expect(await both(bytesOf({ line: `${method} ${path} HTTP/1.1`, body }))).toEqual([status, 0]);
});

test.each([
  ['/v1/things/%61/turn', '201', 0],
  ['/v1/things/a%00/turn', '201', 0],
  ['/v1/things/%/turn', '201', 0],
  ['/v1/things/%ff/turn', '201', 0],
  ['/v1/things/a/turn?', '201', 0],
  ['/v1/things/a/turn?how=x&how=y', '201', 0],
  ['/v1/things/a/turn#all', '201', 0],
  ['/v1/things/a/turn;all', '404', 0],
  ['/v1/things/a/TURN', '404', 0],
  ['//v1/things/a/turn', '404', 0],
  ['/v1/things/./turn', '200', 0],
  ['/v1/things/.../turn', '201', 0],
  ['/v1/things/a\\b/turn', '400', 0],
  ['/v1/things/\xfc/turn', '400', 0],
  ['/v1/things/:id/turn', '201', 1],
  ['/v1/things/{id}/turn', '201', 0],
  ['/v1/things/__proto__/turn', '201', 1],
  ['/v1/things/all/turn', '201', 1],
  ['/v1/things/all', '200', 1],
  ['*', '400', 0],
  ['v1/things/all', '400', 0],
])('the path %s', async (path, status, direct) => {
  expect(await both(bytesOf({ line: `POST ${path} HTTP/1.1` }))).toEqual([status, direct]);
});

const MIB = 1024 * 1024;
test.each<[string, string | Buffer, string, number]>([
  ['a byte order mark', '\ufeff{}', '400', 1],
  ['NUL at its end', '{}\0', '400', 1],
  ['no UTF-8', Buffer.from('{"text":"\xff"}', 'latin1'), '400', 1],
  ['half a surrogate pair as bytes', Buffer.from('7b2274223a22eda080227d', 'hex'), '400', 1],
  ['UTF-16', Buffer.from('{}', 'utf16le'), '400', 1],
  ['__proto__', '{"__proto__":{"text":"x"}}', '400', 1],
  ['constructor', '{"constructor":1}', '400', 1],
  ['a key twice, escaped', '{"text":"a","te\\u0078t":"b"}', '400', 1],
  ['two values', '{}{}', '400', 1],
  ['white space', '  ', '400', 1],
  ['white space around', ' {} \r\n', '201', 1],
  ['a list', '[]', '400', 1],
  ['50,000 brackets', '['.repeat(50_000) + ']'.repeat(50_000), '400', 1],
  ['1 MiB', `{"text":"${'x'.repeat(MIB - 11)}"}`, '201', 1],
  ['1 MiB and one byte', `{"text":"${'x'.repeat(MIB - 10)}"}`, '413', 0],
])('a body of %s', async (_, body, status, direct) => {
  expect(await both(bytesOf({ body }))).toEqual([status, direct]);
});

describe('on one connection', () => {
  const kept = (request: Request) => bytesOf({ ...request, close: false });
  const all = { line: 'POST /v1/things/all HTTP/1.1', body: '{}' };

  test('by both ways in turn, sent without waiting: answered in their order', async () => {
    const list = { line: 'GET /v1/things/all HTTP/1.1', body: '' };
    const large = { body: `{"text":"${'x'.repeat(300_000)}"}` };
    const sent = [kept({}), kept(list), kept(large), kept({ headers: ['x: a', 'x: b'] })];
    expect(await both(Buffer.concat([...sent, bytesOf(all)]))).toEqual(['201 200 201 201 200', 3]);
  });

  test('a request in the body of one that is refused unread is none', async () => {
    const hidden = kept({ headers: ['authorization: Bearer bad'], body: bytesOf(all) });
    const refused = Buffer.from(hidden.toString('latin1').replace(`${KEY}\r\n`, ''), 'latin1');
    expect(await both(Buffer.concat([refused, bytesOf({})]))).toEqual(['401 201', 2]);
  });

  test('a request after no length is a request of its own', async () => {
    const none = kept({ headers: ['content-length: 0'], body: '', length: false });
    expect(await both(Buffer.concat([none, bytesOf(all)]))).toEqual(['201 200', 2]);
  });
});
