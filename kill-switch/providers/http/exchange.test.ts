import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closedUrl, type ProviderServer, providerServer } from '../test/provider-server.ts';
import { type ExchangeRequest, exchange, NoAnswer } from './exchange.ts';

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.stop());

function request(fields: Partial<ExchangeRequest> = {}): ExchangeRequest {
  const url = new URL('/x', server.url);
  return { method: 'POST', url, body: '{}', timeoutMs: 60_000, repeatable: false, ...fields };
}

async function failure(fields: Partial<ExchangeRequest>): Promise<NoAnswer> {
  const error = await exchange(request(fields)).catch((thrown: unknown) => thrown);
  if (!(error instanceof NoAnswer)) throw new Error('an answer, or another error');
  return error;
}

test('any status is an answer, and a redirect is not followed', async () => {
  server.rule = () => ({ status: 307, text: 'elsewhere' });
  const before = server.asked.length;
  expect(await exchange(request())).toMatchObject({ status: 307, text: 'elsewhere' });
  expect(server.asked).toHaveLength(before + 1);
});

test('a request that was cut off may have arrived', async () => {
  server.rule = () => 'reset';
  expect(await failure({})).toMatchObject({ sent: true });
});

test('a request that is not answered in time may have arrived', async () => {
  server.rule = () => 'silence';
  expect(await failure({ timeoutMs: 1_000 })).toMatchObject({
    sent: true,
    message: 'no answer in time',
  });
});

test('a process that stood still reads what was answered meanwhile', async () => {
  server.rule = () => ({ status: 200, text: 'in time' });
  const asked = exchange(request({ timeoutMs: 3_000 }));
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(nobodyWakes, 0, 0, 6_000);
  expect(await asked).toMatchObject({ status: 200, text: 'in time' });
});

test('an answer that does not end in time is no answer', async () => {
  const slow = net.createServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
  });
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const { port } = slow.address() as net.AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/`);
  expect(await failure({ url, timeoutMs: 1_000 })).toMatchObject({ sent: true });
  slow.close();
});

test('an answer that breaks off is no answer', async () => {
  const broken = net.createServer((socket) => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  const { port } = broken.address() as net.AddressInfo;
  expect(await failure({ url: new URL(`http://127.0.0.1:${port}/`) })).toMatchObject({
    sent: true,
  });
  broken.close();
});

test('a refused connection and an unknown name were certainly not sent', async () => {
  expect(await failure({ url: new URL(await closedUrl()) })).toMatchObject({ sent: false });
  const lookup: net.LookupFunction = (_, __, callback) => {
    callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), '');
  };
  const url = new URL('https://provider.invalid/');
  expect(await failure({ url, lookup })).toMatchObject({ sent: false });
});

test('a kept connection that died is replaced for what may be repeated', async () => {
  server.rule = () => ({ status: 200, text: 'one' });
  const ask = () => exchange(request({ method: 'GET', repeatable: true, body: undefined }));
  await ask();
  let resets = 0;
  server.rule = () => {
    resets += 1;
    return resets === 1 ? 'reset' : { status: 200, text: 'two' };
  };
  expect((await ask()).text).toBe('two');
  expect(resets).toBe(2);
});

test('an order that may not be repeated is sent once, on a connection of its own', async () => {
  server.rule = () => ({ status: 200 });
  await exchange(request({ repeatable: true }));
  const before = server.asked.length;
  server.rule = () => 'reset';
  await failure({});
  const sent = server.asked.slice(before).map(({ headers }) => headers.connection);
  expect(sent).toEqual(['close']);
});
