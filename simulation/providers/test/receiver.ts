import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly receivedWallMs: number;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What the next requests are answered with; 200 `{}` at first. */
  answer: (request: Received) => { status: number; body?: unknown };
  stop(): Promise<void>;
}

/** A webhook endpoint that keeps what it is sent, as the bytes came. */
export async function startReceiver(): Promise<Receiver> {
  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = {
        path: incoming.url ?? '',
        headers: new Headers(incoming.headersDistinct as Record<string, never>),
        body: Buffer.concat(chunks).toString('utf8'),
        receivedWallMs: Date.now(),
      };
      receiver.received.push(request);
      const { status, body } = receiver.answer(request);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
  });
  server.keepAliveTimeout = 30_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?tenant=one`,
    received: [],
    answer: () => ({ status: 200 }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** Reads a path in JSON of unknown shape. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}
