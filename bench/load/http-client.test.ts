import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpClient } from './http-client.ts';

const servers: Server[] = [];

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

test('each request gets its own answer, though more are asked than there are connections', async () => {
  const url = await serving((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += String(data);
    });
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      const text = `${request.url} ${body} ${authorization}`;
      response.writeHead(201, { 'content-length': Buffer.byteLength(text) }).end(text);
    });
  });
  const client = createHttpClient(url, 3);
  const asked = Array.from({ length: 50 }, (_, n) => n);
  const header = 'authorization: Bearer of-it\r\n';
  const answers = await Promise.all(asked.map((n) => client.post(`/${n}`, `"é${n}"`, header)));
  expect(answers).toEqual(asked.map((n) => ({ status: 201, body: `/${n} "é${n}" Bearer of-it` })));
  client.close();
});

test('an answer that comes in pieces is one answer', async () => {
  const url = await serving((_request, response) => {
    response.writeHead(200, { 'content-length': 6 });
    response.write('abc');
    setImmediate(() => response.end('def'));
  });
  const client = createHttpClient(url, 1);
  expect(await client.post('/', '{}')).toEqual({ status: 200, body: 'abcdef' });
  client.close();
});

test('a connection that breaks fails its request, and an answer without a length is refused', async () => {
  const breaking = createHttpClient(await serving((request) => request.socket.destroy()), 1);
  await expect(breaking.post('/', '{}')).rejects.toThrow('closed');
  const url = await serving((_request, response) => {
    response.write('a');
    response.end();
  });
  const chunked = createHttpClient(url, 1);
  await expect(chunked.post('/', '{}')).rejects.toThrow('without a length');
});

test('a connection that the server closes while it is idle is replaced, and nobody notices', async () => {
  const sockets: Socket[] = [];
  const url = await serving((request, response) => {
    sockets.push(request.socket);
    response.writeHead(200, { 'content-length': 0 }).end();
  });
  const client = createHttpClient(url, 1);
  expect((await client.post('/', '{}')).status).toBe(200);
  const [first] = sockets;
  await new Promise<void>((resolve) => first?.once('close', () => resolve()).destroy());
  await expect.poll(() => client.post('/', '{}').catch(() => undefined)).toBeDefined();
  expect(sockets.length).toBeGreaterThan(1);
  client.close();
});

test('a server that is not there fails every request', async () => {
  const client = createHttpClient('http://127.0.0.1:9', 2);
  const asked = await Promise.allSettled([1, 2, 3, 4].map(() => client.post('/', '{}')));
  expect(asked.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
});
