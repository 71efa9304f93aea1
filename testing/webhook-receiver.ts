/** A real HTTP server that takes webhooks as a customer's would, and answers as a test says. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../scripts/free-port.mjs';

export interface Taken {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The id, as receivers tell events apart. */
  readonly id: string;
  readonly event: { type: string; timestamp: string; data: Record<string, unknown> };
}

export interface Answer {
  status: number;
  /** The connection ends instead: before anything is answered, or within the answer. */
  cut?: 'before' | 'within';
  headers?: Record<string, string>;
  body?: string;
}

export interface Receiver {
  readonly url: string;
  /** Everything that arrived, whatever it was answered. */
  readonly arrived: Taken[];
  /** What was answered 2xx. */
  readonly taken: Taken[];
  answer(next: (taken: Taken) => Answer): void;
  /** Answers nothing before this. */
  hold(until: Promise<void>): void;
  /** Nobody listens there any more; `open` listens at the same port again. */
  close(): Promise<void>;
  open(): Promise<void>;
}

export async function receiver(): Promise<Receiver> {
  const arrived: Taken[] = [];
  const taken: Taken[] = [];
  let respond: (one: Taken) => Answer = () => ({ status: 204 });
  let held: Promise<void> = Promise.resolve();
  let server = serverOf();
  // Not one that the kernel lends: closed, it could be a connection's by the time it is opened again.
  const port = await listeningSomewhere(server);

  function serverOf() {
    return http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const headers = request.headers as Record<string, string>;
        const id = headers['webhook-id'] ?? '';
        const one = { path: request.url ?? '', headers, body, id, event: JSON.parse(body) };
        arrived.push(one);
        void held.then(() => respondTo(one, response));
      });
    });
  }

  function respondTo(one: Taken, response: http.ServerResponse): void {
    const { status, cut, headers: more = {}, body: text = '' } = respond(one);
    if (status >= 200 && status < 300) taken.push(one);
    if (cut === undefined) response.writeHead(status, more).end(text);
    else if (cut === 'before') response.socket?.resetAndDestroy();
    else {
      response.writeHead(status, { 'content-length': '1000' });
      response.write('x', () => response.socket?.resetAndDestroy());
    }
  }

  return {
    url: `http://127.0.0.1:${port}/hooks`,
    arrived,
    taken,
    answer(next) {
      respond = next;
    },
    hold(until) {
      held = until;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
    async open() {
      server = serverOf();
      await listening(server, port);
    },
  };
}

const ATTEMPTS = 20;

async function listeningSomewhere(server: http.Server): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listening(server, await freePort());
    } catch (error) {
      // Somebody was faster.
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

function listening(server: http.Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** @throws when the signature is not of this secret, or too old: as the reference package judges */
export function verified({ body, headers }: Taken, secret: string): unknown {
  return new Webhook(secret).verify(body, headers);
}
