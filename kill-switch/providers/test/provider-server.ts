/** A provider on loopback that answers by a rule and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Reply =
  | { status: number; json?: unknown; text?: string }
  /** The connection is cut without an answer. */
  | 'reset'
  /** No answer, ever. */
  | 'silence';

export interface ProviderServer {
  url: string;
  asked: Asked[];
  /** Takes the place of the rule from now on. */
  rule: (asked: Asked) => Reply;
  stop(): Promise<void>;
}

export async function providerServer(): Promise<ProviderServer> {
  const http = createServer((request, response) => void serve(server, request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: ProviderServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked: [],
    rule: () => ({ status: 500 }),
    async stop() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
  return server;
}

async function serve(server: ProviderServer, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const asked = {
    method: request.method ?? '',
    url: new URL(request.url ?? '/', server.url),
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
  server.asked.push(asked);
  const reply = server.rule(asked);
  if (reply === 'silence') return;
  if (reply === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, { 'content-type': 'application/json' });
  response.end(reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json)));
}

/** A loopback address that nobody listens on. */
export async function closedUrl(): Promise<string> {
  const server = await providerServer();
  await server.stop();
  return server.url;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
