/** The socket of an application in a test: what is sent goes the way that it goes in production. */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { pino } from 'pino';
import type { Application } from '../compose/application.ts';
import { listen } from '../server.ts';

export interface Door {
  /** @param path as it is to be sent, unlike `fetch`, which would write some of them in another way */
  send(method: string, path: string, sent: Sent): Promise<Response>;
  /** How many requests were served around Hono. */
  direct(): number;
  stop(): Promise<void>;
}

export interface Sent {
  headers: Record<string, string>;
  body?: string | Buffer;
  /** Without a declared length: what Hono serves, whatever it is. */
  chunked?: boolean | undefined;
}

export async function openDoor({ app, direct }: Application): Promise<Door> {
  let taken = 0;
  const server = await listen(app.fetch, {
    ...{ host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) },
    direct(incoming, outgoing) {
      const takes = direct(incoming, outgoing);
      if (takes) taken += 1;
      return takes;
    },
  });
  const agent = new Agent({ keepAlive: true });
  return {
    send(method, path, { headers, body, chunked = false }) {
      const own: OutgoingHttpHeaders = { host: 'localhost', ...headers };
      if (chunked) own['transfer-encoding'] = 'chunked';
      else if (body !== undefined) own['content-length'] = Buffer.byteLength(body);
      return new Promise((resolve, reject) => {
        const to = { host: '127.0.0.1', port: server.port, agent, method, path, headers: own };
        const sending = request(to, (answer) => void read(answer).then(resolve, reject));
        sending.on('error', reject);
        sending.end(body);
      });
    },
    direct: () => taken,
    async stop() {
      agent.destroy();
      await server.stop(1_000);
    },
  };
}

async function read(answer: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const headers = new Headers();
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    headers.append(answer.rawHeaders[i] ?? '', answer.rawHeaders[i + 1] ?? '');
  }
  const body = chunks.length === 0 ? null : Buffer.concat(chunks).toString();
  return new Response(body, { status: answer.statusCode ?? 0, headers });
}
