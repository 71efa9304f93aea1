import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { ERRORS, type ErrorCode } from '../../engine/index.ts';
import type { Endpoint } from './endpoint.ts';

/** The shape of every answer that is not a success. */
export const problemSchema = z
  .object({
    error: z.object({
      type: z.enum(['refusal', 'request', 'outage', 'bug']),
      code: z.string(),
      message: z.string(),
      param: z.string().optional(),
      request_id: z.string(),
      docs: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .openapi('Problem');

/** Codes that every route for holders of a key can answer. */
const COMMON: readonly ErrorCode[] = [
  'invalid_request',
  'unauthenticated',
  'forbidden',
  'not_found',
  'rate_limited',
  'postgres_unreachable',
];

/** Writes an endpoint into the OpenAPI registry, from the same schemas that validate it. */
export function document(app: OpenAPIHono, endpoint: Endpoint): void {
  const headers = idempotencyHeader(endpoint);
  app.openAPIRegistry.registerPath({
    method: endpoint.method,
    path: endpoint.path,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    ...(endpoint.access === 'key' && { security: [{ key: [] }] }),
    request: {
      ...(endpoint.params !== undefined && { params: endpoint.params }),
      ...(endpoint.query !== undefined && { query: endpoint.query }),
      ...(headers !== undefined && { headers }),
      ...(endpoint.documentedBody !== undefined && {
        body: {
          required: true,
          content: { 'application/json': { schema: endpoint.documentedBody } },
        },
      }),
    },
    responses: { ...answersOf(endpoint), ...problemsOf(endpoint) },
  });
}

function idempotencyHeader(endpoint: Endpoint): z.ZodObject | undefined {
  if (endpoint.idempotency === undefined) return undefined;
  const key = z.string().min(1).max(255);
  return z.object({
    'Idempotency-Key': endpoint.idempotency === 'required' ? key : key.optional(),
  });
}

function answersOf(endpoint: Endpoint): RouteConfig['responses'] {
  const answers: RouteConfig['responses'] = {};
  for (const [status, schema] of Object.entries(endpoint.answers)) {
    answers[status] = {
      description: endpoint.summary,
      content: { 'application/json': { schema } },
    };
  }
  return answers;
}

function problemsOf(endpoint: Endpoint): RouteConfig['responses'] {
  const codes = endpoint.access === 'key' ? [...COMMON, ...endpoint.problems] : endpoint.problems;
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const status = ERRORS[code].http;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers: RouteConfig['responses'] = {};
  for (const [status, named] of byStatus) {
    answers[status] = {
      description: named.map((code) => `\`${code}\`: ${ERRORS[code].meaning}`).join('\n\n'),
      content: { 'application/json': { schema: problemSchema } },
    };
  }
  return answers;
}
