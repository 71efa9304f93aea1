import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'pino';
import type { Direct } from './http/direct.ts';
import { Problem, problemBody } from './http/problem.ts';
import { requestIdOf } from './http/request-id.ts';

/** Where the codes are explained, on this server. */
const DOCS_URL = '/docs/errors';

/** Bounds of the socket side, all in one place; Node's own defaults are longer or absent. */
export const LIMITS = {
  /** All headers of one request, in bytes. */
  headerBytes: 16 * 1024,
  headersCount: 100,
  /** From the first byte to the last header. */
  headersTimeoutMs: 10_000,
  /** From the first byte to the last of the body; 16 MiB from a slow provider fit. */
  requestTimeoutMs: 60_000,
  /** An idle connection; longer than the usual 60 s of a load balancer, so that it closes first. */
  keepAliveTimeoutMs: 65_000,
  /** How often the two above are looked at. */
  checkIntervalMs: 5_000,
  /** How often a stopping server looks for connections that have become idle. */
  idleLookMs: 20,
};

export interface HttpServer {
  /** The port that was taken. */
  port: number;
  /** Takes no more connections, waits up to `waitMs` for the requests in work, then cuts them. */
  stop(waitMs: number): Promise<void>;
}

export interface ListenOptions {
  host: string;
  port: number;
  log: Logger;
  /** Asked first; `fetch` gets what it does not take. */
  direct?: Direct;
  /** Replaces bounds, for tests that will not wait. */
  limits?: Partial<typeof LIMITS>;
}

/** Listens. `fetch` is the application. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  options: ListenOptions,
): Promise<HttpServer> {
  const limits = { ...LIMITS, ...options.limits };
  const listener = getRequestListener((request) => fetch(request), {
    errorHandler: (cause) => {
      options.log.warn({ err: cause }, 'request could not be read');
      return badRequest();
    },
  });
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
    },
    (request, response) => {
      if (request.rawHeaders.length > limits.headersCount * 2) {
        // Which of them were left out nobody could know.
        refuse(response, 431, 'The request has too many headers.');
      } else if (options.direct?.(request, response) !== true) listener(request, response);
    },
  );
  // Node would leave out what is beyond its count in silence; the bytes bound how many there are.
  server.maxHeadersCount = 0;
  server.on('clientError', refuseUnparsed);
  // Of Node itself the answer would have no body.
  server.on('checkExpectation', (_request, response: ServerResponse) =>
    refuse(response, 417, 'No expectation but 100-continue can be met.'),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, stop: (waitMs) => stop(server, waitMs) };
}

const UNREADABLE = 'The request line or its headers are not valid HTTP.';

function unreadableBody(message: string): string {
  const requestId = requestIdOf(null);
  return JSON.stringify(problemBody(new Problem('invalid_request', message), requestId, DOCS_URL));
}

function badRequest(): Response {
  return new Response(unreadableBody(UNREADABLE), {
    status: 400,
    headers: { 'content-type': 'application/json' },
  });
}

/** What no route was asked about. */
function refuse(response: ServerResponse, status: number, message: string): void {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  response.writeHead(status, headers).end(unreadableBody(message));
}

/** What Node could not even parse, by its error code; everything else is 400. */
const PARSE_FAULTS: Readonly<Record<string, [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
};

function refuseUnparsed(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, message] = PARSE_FAULTS[error.code ?? ''] ?? ['400 Bad Request', UNREADABLE];
  const body = unreadableBody(message);
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** A connection that was kept alive becomes idle when its request ends: look again until all are. */
async function stop(server: Server, waitMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), LIMITS.idleLookMs);
  const late = setTimeout(() => server.closeAllConnections(), waitMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
