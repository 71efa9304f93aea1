import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { drawMishap, type Mishap } from './request-faults.ts';
import { findRoute, type Reply, RequestError, type Route } from './route.ts';

const BODY_BYTES_MAX = 4_194_304;
/** How long a request that is never answered is left hanging, real ms. */
const SILENCE_MS = 120_000;

export interface ProviderServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1 only, and answers by the routes and their faults. */
export async function serve(options: {
  readonly port: number;
  readonly routes: readonly Route[];
  /** The provider's own shape of an error body. */
  readonly errorBody: (status: number, message: string) => unknown;
}): Promise<ProviderServer> {
  const server = http.createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // A fault of the simulator itself must not look like an injected one.
      console.error('simulator:', error);
      incoming.socket.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;

  async function handle(incoming: http.IncomingMessage, response: http.ServerResponse) {
    const receivedWallMs = Date.now();
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const found = findRoute(options.routes, incoming.method ?? '', url.pathname);
    const body = await readBody(incoming);
    if (!found || body === undefined) {
      const status = found ? 413 : 404;
      const message = found ? 'Body too large' : 'No such route';
      return send(response, { status, body: options.errorBody(status, message) });
    }
    const { parameters } = found;
    const request = { url, headers: incoming.headers, body, receivedWallMs, parameters };
    const plan = found.route.faults?.(request);
    const mishap = plan && drawMishap(plan.faults, plan.dice);
    if (mishap?.latencyMs) await new Promise((go) => setTimeout(go, mishap.latencyMs));
    if (mishap?.instead) found.route.prevented?.(request);
    if (mishap?.instead === 'reset') return incoming.socket.destroy();
    const error = { status: 503, body: options.errorBody(503, 'Service unavailable') };
    if (mishap?.instead === 'error') return send(response, error);
    const reply = await answer(found.route, request);
    if (mishap?.afterwards !== 'error') return finish(response, reply, mishap);
    found.route.failed?.(request, error);
    return finish(response, error, mishap);
  }

  async function answer(route: Route, request: Parameters<Route['handle']>[0]): Promise<Reply> {
    try {
      return await route.handle(request);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return {
        status: error.status,
        body: error.body ?? options.errorBody(error.status, error.message),
      };
    }
  }

  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(incoming: http.IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return size <= BODY_BYTES_MAX ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function finish(response: http.ServerResponse, reply: Reply, mishap: Mishap | undefined): void {
  if (mishap?.afterwards === 'reset') {
    response.socket?.destroy();
  } else if (mishap?.afterwards === 'silence') {
    const socket = response.socket;
    setTimeout(() => socket?.destroy(), SILENCE_MS).unref();
  } else {
    send(response, reply, mishap?.afterwards === 'truncated');
  }
}

function send(response: http.ServerResponse, reply: Reply, truncated = false): void {
  const text = reply.html ?? (reply.body === undefined ? '' : JSON.stringify(reply.body));
  const type = reply.html === undefined ? 'application/json' : 'text/html; charset=utf-8';
  response.writeHead(reply.status, {
    ...(text === '' ? {} : { 'content-type': type }),
    ...reply.headers,
    'content-length': Buffer.byteLength(text),
  });
  if (!truncated) {
    response.end(text);
    return;
  }
  response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
}
