/**
 * Runs an endpoint for one request, in one function instead of a stack of middleware: a header set
 * after the handler makes Hono rebuild the response, which costs more than the call to Redis.
 *
 * The order is the contract: request id, key, rate, size, JSON, schema, idempotency, handler.
 */
import type { Context } from 'hono';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { idempotencyKeyOf } from './idempotency.ts';
import { parseJson, readBody } from './json-body.ts';
import type { Observe } from './observe.ts';
import { type Problem, problemBody, problemHeaders } from './problem.ts';
import type { RateLimit } from './rate-limit.ts';
import { requestIdOf } from './request-id.ts';
import { toProblem } from './translate.ts';
import { valid } from './validate.ts';

/** What every request needs, made once by the composition root. */
export interface ServeContext {
  authenticate: Authenticate;
  rateLimit: RateLimit;
  observe: Observe;
  /** The page that explains error codes, absolute when the public URL is known. */
  docsUrl: string;
}

const NOBODY: Principal = { role: 'finance', organizationId: '', keyId: '' };

/** Makes the Hono handler of an endpoint. */
export function serve(endpoint: Endpoint, context: ServeContext) {
  return async (c: Context): Promise<Response> => {
    const startedMs = performance.now();
    const requestId = requestIdOf(c.req.raw.headers.get('request-id'));
    let principal = NOBODY;
    let problem: Problem | undefined;
    let answer: Answer | Response;
    try {
      if (endpoint.access === 'key') {
        principal = await context.authenticate(c.req.raw.headers.get('authorization'));
        if (endpoint.limited) await context.rateLimit.take(principal.keyId);
      }
      answer = await run(endpoint, c, principal, requestId);
    } catch (error) {
      problem = toProblem(error);
      if (problem.code === 'body_too_large') endpoint.overLimit?.();
      answer = problemAnswer(problem, requestId, context.docsUrl);
    }
    const elapsedMs = performance.now() - startedMs;
    context.observe({ endpoint, status: answer.status, elapsedMs, requestId, principal, problem });
    return answer instanceof Response ? answer : respond(answer, requestId);
  };
}

async function run(
  endpoint: Endpoint,
  c: Context,
  principal: Principal,
  requestId: string,
): Promise<Answer | Response> {
  const request = c.req.raw;
  const raw = endpoint.method === 'get' ? EMPTY : await readBody(request, endpoint.bodyBytesMax);
  const params = endpoint.params && valid(endpoint.params, c.req.param(), 'The path');
  const query = endpoint.query && valid(endpoint.query, c.req.query(), 'The query');
  const body = endpoint.body && valid(endpoint.body, bodyOf(endpoint, raw, request), 'The body');
  const idempotencyKey =
    endpoint.idempotency &&
    idempotencyKeyOf(request.headers.get('idempotency-key'), endpoint.idempotency === 'required');
  return await endpoint.handle({
    params,
    query,
    body,
    principal,
    requestId,
    idempotencyKey,
    operation: `${c.req.method} ${c.req.path}`,
    raw,
    search: searchOf(request.url),
    headers: request.headers,
  });
}

const EMPTY = Buffer.alloc(0);

/** Cut out, not parsed: parsing would write some characters in another way. */
function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

/** A route whose fields are all optional may be called without a body. */
function bodyOf(endpoint: Endpoint, raw: Buffer, request: Request): unknown {
  if (raw.length === 0 && endpoint.body?.safeParse({}).success) return {};
  return parseJson(raw, request.headers.get('content-type'));
}

/** Renders a problem as an answer. */
export function problemAnswer(problem: Problem, requestId: string, docsUrl: string): Answer {
  return {
    status: problem.status,
    body: problemBody(problem, requestId, docsUrl),
    headers: problemHeaders(problem),
  };
}

/** Makes the response in one go; plain headers and a string body take node-server's fast path. */
export function respond(answer: Answer, requestId: string): Response {
  return new Response(JSON.stringify(answer.body), {
    status: answer.status,
    headers: {
      'content-type': 'application/json',
      'request-id': requestId,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...answer.headers,
    },
  });
}
