/** Callers who go away before they are answered: both ways to an endpoint treat them alike. */
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TwoServers, toldOf, twoServers } from '../test/two-servers.ts';

let servers: TwoServers;
beforeAll(async () => {
  servers = await twoServers();
});
beforeEach(() => {
  servers.seen.length = 0;
  servers.beforeKey = async () => undefined;
});
afterAll(() => servers.stop());

function textOf(body: string, bytes = body.length): string {
  const headers = ['host: x', 'authorization: Bearer good', 'content-type: application/json'];
  const head = ['POST /v1/things/a/turn HTTP/1.1', ...headers, `content-length: ${bytes}`];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

const seenSoFar = () => servers.seen.map(toldOf).map(([, status, , code]) => [status, code]);

test('who goes away in the middle of his body is counted, by both alike, as his own fault', async () => {
  for (const [i, server] of [servers.withDirect, servers.withoutDirect].entries()) {
    const socket = connect(server.port, '127.0.0.1');
    const asked = new Promise<void>((resolve) => {
      servers.beforeKey = async () => resolve();
    });
    socket.write(textOf('{"text":"x"}', 100));
    await asked;
    socket.destroy();
    await expect.poll(() => servers.seen.length).toBe(i + 1);
  }
  expect(seenSoFar()).toEqual([
    [400, 'invalid_request'],
    [400, 'invalid_request'],
  ]);
});

test.each([
  ['a body', '{"text":"x"}'],
  ['none', ''],
  ['a large one', `{"text":"${'x'.repeat(9_000)}"}`],
])('sent the whole of %s and went away before his key was known is served', async (_, body) => {
  for (const [i, server] of [servers.withDirect, servers.withoutDirect].entries()) {
    let known = () => {};
    const key = new Promise<void>((resolve) => {
      known = resolve;
    });
    servers.beforeKey = () => key;
    const socket = connect(server.port, '127.0.0.1');
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.resume();
    socket.end(textOf(body));
    await gone;
    known();
    await expect.poll(() => servers.seen.length).toBe(i + 1);
  }
  expect(seenSoFar()).toEqual([
    [201, undefined],
    [201, undefined],
  ]);
});
