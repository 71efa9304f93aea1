/**
 * Runs an endpoint for one request, in one function instead of a stack of middleware: a header set
 * after the handler makes Hono rebuild the response, which costs more than the call to Redis.
 *
 * The order is the contract: request id, key, rate, size, JSON, schema, idempotency, handler.
 */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { Authenticate, Principal } from '../auth/principal.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { idempotencyKeyOf } from './idempotency.ts';
import { parseJson } from './json-body.ts';
import type { Observe } from './observe.ts';
import type { Problem } from './problem.ts';
import type { RateLimit } from './rate-limit.ts';
import { type Received, receivedByHono } from './received.ts';
import { requestIdOf } from './request-id.ts';
import { problemAnswer, respond } from './respond.ts';
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

const NONE: readonly Problem[] = [];
const NOBODY: Principal = { role: 'finance', organizationId: '', keyId: '' };

/** Makes the Hono handler of an endpoint. */
export function serve(endpoint: Endpoint, context: ServeContext) {
  const answerTo = answering(endpoint, context);
  return async (c: Context): Promise<Response> => {
    const received = receivedByHono(c);
    const requestId = requestIdOf(received.header('request-id'));
    const answer = await answerTo(received, requestId);
    return answer instanceof Response ? answer : respond(answer, requestId);
  };
}

/** What becomes of a request to an endpoint; counted and logged. Does not throw. */
export function answering(endpoint: Endpoint, context: ServeContext) {
  return async (received: Received, requestId: string): Promise<Answer | Response> => {
    const startedMs = performance.now();
    let principal = NOBODY;
    let problem: Problem | undefined;
    let answer: Answer | Response;
    let itemProblems: readonly Problem[] = NONE;
    try {
      if (endpoint.access === 'key') {
        principal = await context.authenticate(received.header('authorization'));
        if (endpoint.limited) await context.rateLimit.take(principal.keyId);
      }
      answer = await run(endpoint, received, principal, requestId, context);
      if ('problems' in answer && answer.problems) itemProblems = answer.problems;
    } catch (error) {
      problem = toProblem(error);
      if (problem.code === 'body_too_large') endpoint.overLimit?.();
      answer = problemAnswer(problem, requestId, context.docsUrl);
    }
    const elapsedMs = performance.now() - startedMs;
    const { status } = answer;
    context.observe({
      endpoint,
      status,
      elapsedMs,
      requestId,
      principal,
      problem,
      itemProblems,
    });
    return answer;
  };
}

async function run(
  endpoint: Endpoint,
  received: Received,
  principal: Principal,
  requestId: string,
  context: ServeContext,
): Promise<Answer | Response> {
  const raw = endpoint.method === 'get' ? EMPTY : await received.body(endpoint.bodyBytesMax);
  const params = endpoint.params && valid(endpoint.params, received.params(), 'The path');
  const query = endpoint.query && valid(endpoint.query, received.query(), 'The query');
  const sent = endpoint.body && bodyOf(endpoint.body, raw, received);
  const body = endpoint.body && valid(endpoint.body, sent, 'The body');
  const idempotencyKey =
    endpoint.idempotency &&
    idempotencyKeyOf(received.header('idempotency-key'), endpoint.idempotency === 'required');
  if (endpoint.requests && endpoint.limited) {
    // The first was taken before anything was read.
    await context.rateLimit.take(principal.keyId, endpoint.requests(body) - 1);
  }
  return await endpoint.handle({
    params,
    query,
    body,
    principal,
    requestId,
    idempotencyKey,
    operation: `${received.method} ${received.path}`,
    raw,
    search: received.search,
    // Who needs no signature has no use for them, and making them takes time.
    headers: endpoint.access === 'key' ? NO_HEADERS : received.headers,
    docsUrl: context.docsUrl,
  });
}

const NO_HEADERS = new Headers();
const EMPTY = Buffer.alloc(0);

/** A route whose fields are all optional may be called without a body. */
function bodyOf(schema: z.ZodType, raw: Buffer, received: Received): unknown {
  if (raw.length === 0 && schema.safeParse({}).success) return {};
  return parseJson(raw, received.header('content-type'));
}
