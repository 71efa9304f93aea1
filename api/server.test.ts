/** What the socket side does to requests that are slow, too large or too many-headed. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpServer, listen } from './server.ts';

let server: HttpServer;
/** Waits for nobody; any request may meet that on a machine that stands still for a moment. */
let impatient: HttpServer;
beforeAll(async () => {
  const echo = async (sent: Request) => new Response(await sent.text());
  const options = { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) };
  server = await listen(echo, options);
  const limits = { headersTimeoutMs: 300, requestTimeoutMs: 300, checkIntervalMs: 20 };
  impatient = await listen(echo, { ...options, limits });
});
afterAll(() => Promise.all([server.stop(1_000), impatient.stop(1_000)]));

/** Writes pieces of a request to a bare socket, `everyMs` apart, and reads until it is closed. */
async function trickle(
  { port }: HttpServer,
  pieces: readonly string[],
  everyMs: number,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes.toString();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    await Promise.race([closed, pause(everyMs)]);
  }
  await closed;
  return answer;
}

function withHeaders(count: number): Promise<number | undefined> {
  const headers = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y']));
  return new Promise((resolve, reject) => {
    const sent = request({ port: server.port, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the server', () => {
  test('answers up to a hundred headers, and 431 in the error shape beyond them', async () => {
    expect(await withHeaders(90)).toBe(200);
    expect(await withHeaders(101)).toBe(431);
    expect(await withHeaders(200)).toBe(431);
    const head = Array.from({ length: 200 }, (_, i) => `x-${i}: y\r\n`).join('');
    const answer = await trickle(server, [`GET / HTTP/1.1\r\nHost: x\r\n${head}\r\n`], 0);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"invalid_request"');
  });

  test('answers an expectation that it cannot meet in the error shape', async () => {
    const answer = await trickle(server, ['POST / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n'], 0);
    expect(answer).toMatch(/^HTTP\/1\.1 417 /);
    expect(answer).toContain('"code":"invalid_request"');
  });

  test('does not wait for a body that comes a byte at a time', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n';
    const answer = await trickle(impatient, [head, ...Array.from({ length: 100 }, () => 'x')], 20);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"invalid_request"');
  });

  test('does not wait for headers that never end', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `x-${i}: y\r\n`);
    const answer = await trickle(impatient, ['GET / HTTP/1.1\r\n', ...lines], 20);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});
