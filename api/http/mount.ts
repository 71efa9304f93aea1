import type { OpenAPIHono } from '@hono/zod-openapi';
import { TrieRouter } from 'hono/router/trie-router';
import type { Endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { problemAnswer, respond } from './respond.ts';
import { type ServeContext, serve } from './serve.ts';
import { toProblem } from './translate.ts';

/**
 * Adds every endpoint to the app, then the answers for what is none: 405, 404 and the unforeseen. A
 * route has one handler and no other, because only then Hono calls it without a chain.
 */
export function mount(app: OpenAPIHono, endpoints: readonly Endpoint[], context: ServeContext) {
  const methods = new TrieRouter<string>();
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const method = endpoint.method.toUpperCase();
    app.on(method, path, serve(endpoint, context));
    methods.add('ALL', path, method);
  }
  app.notFound((c) => {
    const allowed = [...new Set(methods.match('ALL', c.req.path)[0].map(([method]) => method))];
    return fail(allowed.length > 0 ? notAllowed(allowed) : noRoute(), c.req.raw, context);
  });
  app.onError((error, c) => fail(toProblem(error), c.req.raw, context));
}

function notAllowed(allowed: readonly string[]): Problem {
  return new Problem('method_not_allowed', undefined, {
    headers: { allow: allowed.join(', ') },
    details: { allowed },
  });
}

function noRoute(): Problem {
  return new Problem('not_found', 'No such route.');
}

function fail(problem: Problem, request: Request, context: ServeContext): Response {
  const requestId = requestIdOf(request.headers.get('request-id'));
  return respond(problemAnswer(problem, requestId, context.docsUrl), requestId);
}
