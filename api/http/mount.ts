import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { problemAnswer, respond, type ServeContext, serve } from './serve.ts';
import { toProblem } from './translate.ts';

/** Adds every endpoint to the app, then the answers for what is none: 405, 404 and the unforeseen. */
export function mount(app: OpenAPIHono, endpoints: readonly Endpoint[], context: ServeContext) {
  const methods = new Map<string, string[]>();
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(endpoint.method.toUpperCase(), path, serve(endpoint, context));
    methods.set(path, [...(methods.get(path) ?? []), endpoint.method.toUpperCase()]);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (c) => {
      const problem = new Problem('method_not_allowed', undefined, {
        headers: { allow: allowed.join(', ') },
        details: { allowed },
      });
      return fail(problem, c.req.raw, context);
    });
  }
  app.notFound((c) => fail(new Problem('not_found', 'No such route.'), c.req.raw, context));
  app.onError((error, c) => fail(toProblem(error), c.req.raw, context));
}

function fail(problem: Problem, request: Request, context: ServeContext): Response {
  const requestId = requestIdOf(request.headers.get('request-id'));
  return respond(problemAnswer(problem, requestId, context.docsUrl), requestId);
}
