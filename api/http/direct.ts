/**
 * Serves the plain case without the framework: a POST of a key's holder to a route that is found by its
 * segments, with a body of a declared length. What Hono makes of each request (its own request, headers,
 * context and response) costs as much as the call to Redis. Whatever is not plain in any way is left to it,
 * so that there is one place for the odd: escaped paths, queries, repeated headers, chunked bodies.
 *
 *   request --plain?--> endpoint, answered here
 *              \--no--> Hono --> the same endpoint
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { declaredBody } from './declared-body.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import type { Received } from './received.ts';
import { requestIdOf } from './request-id.ts';
import { fail, headersOf } from './respond.ts';
import { createRoutes, type Route } from './routes.ts';
import { answering, type ServeContext } from './serve.ts';

/** False: the request was not touched, and somebody else has to answer it. */
export type Direct = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/** Type, key, id and Idempotency-Key: one value without anything that could be read in two ways. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const LENGTH = /^\d{1,9}$/;
/** Those of which Hono's server asks nothing more either: of others it makes a URL, which may fail. */
const HOST = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/;
const READ = ['content-type', 'authorization', 'request-id', 'idempotency-key'] as const;

type Serve = (received: Received, requestId: string) => Promise<Answer | Response>;

export function createDirect(endpoints: readonly Endpoint[], context: ServeContext): Direct {
  const posts = endpoints.filter(({ method }) => method === 'post');
  const find = createRoutes(
    posts.map((endpoint) => ({ path: endpoint.path, to: served(endpoint, context) })),
  );
  return (incoming, outgoing) => {
    if (incoming.method !== 'POST' || !isPlain(incoming)) return false;
    const route = find(incoming.url ?? '');
    if (route?.to === undefined || lengthOf(incoming) > route.to.bytesMax) return false;
    void answer(route as Route<Served>, incoming, outgoing, context);
    return true;
  };
}

interface Served {
  readonly serve: Serve;
  readonly bytesMax: number;
}

/** Undefined for a route that is Hono's in any case: webhooks want the request as it was sent. */
function served(endpoint: Endpoint, context: ServeContext): Served | undefined {
  if (endpoint.access !== 'key') return undefined;
  return { serve: answering(endpoint, context), bytesMax: endpoint.bodyBytesMax };
}

function isPlain(incoming: IncomingMessage): boolean {
  const { headers, rawHeaders } = incoming;
  if (incoming.httpVersion !== '1.1' || !HOST.test(headers.host ?? '')) return false;
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined) return false;
  if (!LENGTH.test(headers['content-length'] ?? '')) return false;
  for (const name of READ) {
    const value = headers[name];
    if (value !== undefined && (typeof value !== 'string' || !PLAIN.test(value))) return false;
  }
  // None twice.
  return Object.keys(headers).length * 2 === rawHeaders.length;
}

function lengthOf({ headers }: IncomingMessage): number {
  return Number(headers['content-length']);
}

async function answer(
  { to, params }: Route<Served>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  context: ServeContext,
): Promise<void> {
  const requestId = requestIdOf(headerOf(incoming, 'request-id'));
  try {
    send(outgoing, await to.serve(new DirectRequest(incoming, params), requestId), requestId);
  } catch (error) {
    send(outgoing, fail(error, requestId, context.docsUrl), requestId);
  }
}

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/** A class, because this is made for each request: an object with a function for each of its own costs more. */
class DirectRequest implements Received {
  readonly method = 'POST';
  readonly search = '';
  readonly path: string;
  readonly #incoming: IncomingMessage;
  readonly #params: Record<string, string>;

  constructor(incoming: IncomingMessage, params: Record<string, string>) {
    this.path = incoming.url ?? '';
    this.#incoming = incoming;
    this.#params = params;
  }

  get headers(): Headers {
    throw new TypeError('no endpoint that is served directly asks for them');
  }

  header(name: string): string | null {
    return headerOf(this.#incoming, name);
  }

  params(): Record<string, string> {
    return this.#params;
  }

  query(): Record<string, string> {
    return {};
  }

  body(): Promise<Buffer> {
    return declaredBody(this.#incoming, lengthOf(this.#incoming));
  }
}

function send(outgoing: ServerResponse, answer: Answer | Response, requestId: string): void {
  if (answer instanceof Response) throw new TypeError('a POST is answered by an Answer');
  const text = JSON.stringify(answer.body);
  const headers = headersOf(answer, requestId);
  headers['content-length'] = String(Buffer.byteLength(text));
  outgoing.writeHead(answer.status, headers);
  outgoing.end(text);
}
