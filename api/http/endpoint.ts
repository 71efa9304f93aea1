/**
 * An endpoint is data: what it takes, what it answers, who it is for, and a handler. Three things
 * are made of it: the route (`serve.ts`), the OpenAPI page (`openapi.ts`) and the table of the
 * "who may" test. The schemas that validate are the schemas that document.
 */
import { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../../engine/index.ts';
import type { Principal } from '../auth/principal.ts';
import { API_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX } from './json-body.ts';
import type { Problem } from './problem.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler gets. Everything in it is validated. */
export interface EndpointRequest<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  principal: Principal;
  requestId: string;
  /** The Idempotency-Key, when one was sent. */
  idempotencyKey: string | undefined;
  /** `METHOD /path/as/sent`: the part of an idempotency scope that names the operation. */
  operation: string;
  /** The body exactly as it was sent, for signatures. Empty on a GET. */
  raw: Buffer;
  /** The query exactly as it was sent, with its `?`: some signatures cover it. */
  search: string;
  /** Of a request that is signed or public; none where a key is needed. */
  headers: Headers;
  /** The page that explains error codes. */
  docsUrl: string;
}

/** A JSON answer. Streams and pages answer a `Response` of their own instead. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Of the items of a batch: counted, and logged when they are ours, like a request's own. */
  problems?: readonly Problem[];
}

type NoObject = z.ZodObject<Record<never, z.ZodType>>;

export interface EndpointSpec<
  P extends z.ZodObject = NoObject,
  Q extends z.ZodObject = NoObject,
  B extends z.ZodType = z.ZodUndefined,
> {
  method: Method;
  /** In OpenAPI form: `/v1/wallets/{wallet_id}`. */
  path: string;
  tag: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  /** What the documentation says instead, where the handler validates the items of a batch. */
  documentedBody?: z.ZodType;
  /** How many requests a body counts as for the rate limit; default 1. */
  requests?(body: z.output<B>): number;
  /** `required` on every POST that moves money and has no natural key. */
  idempotency?: 'required' | 'accepted';
  /** The schema of each success status, for the documentation. */
  answers: Readonly<Record<number, z.ZodType>>;
  /** Codes a caller should expect besides the ones every route has. */
  problems?: readonly ErrorCode[];
  /** False for status checks: they are never rate-limited. */
  limited?: boolean;
  handle(
    request: EndpointRequest<z.output<P>, z.output<Q>, z.output<B>>,
  ): Promise<Answer | Response>;
}

/** An endpoint with its types erased, ready to be mounted. */
export interface Endpoint {
  method: Method;
  path: string;
  tag: string;
  summary: string;
  /** `key`: an API key is needed. `signed`: the handler checks the sender itself. */
  access: 'key' | 'signed' | 'public';
  params: z.ZodObject | undefined;
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  documentedBody: z.ZodType | undefined;
  requests: ((body: unknown) => number) | undefined;
  idempotency: 'required' | 'accepted' | undefined;
  answers: Readonly<Record<number, z.ZodType>>;
  problems: readonly ErrorCode[];
  limited: boolean;
  bodyBytesMax: number;
  /** Told that a body was larger than that, and so was not read. */
  overLimit?(): void;
  handle(request: EndpointRequest<unknown, unknown, unknown>): Promise<Answer | Response>;
}

/** An endpoint of the API, for holders of a key. */
export function endpoint<
  P extends z.ZodObject = NoObject,
  Q extends z.ZodObject = NoObject,
  B extends z.ZodType = z.ZodUndefined,
>(spec: EndpointSpec<P, Q, B>): Endpoint {
  return {
    method: spec.method,
    path: spec.path,
    tag: spec.tag,
    summary: spec.summary,
    access: 'key',
    params: spec.params,
    query: spec.query,
    body: spec.body,
    documentedBody: spec.documentedBody ?? spec.body,
    requests: spec.requests && ((body) => spec.requests?.(body as z.output<B>) ?? 1),
    idempotency: spec.idempotency,
    answers: spec.answers,
    problems: spec.problems ?? [],
    limited: spec.limited ?? true,
    bodyBytesMax: API_BODY_BYTES_MAX,
    // `serve` passes only what these three schemas let through.
    handle: (request) =>
      spec.handle(request as EndpointRequest<z.output<P>, z.output<Q>, z.output<B>>),
  };
}

/** A provider's webhook: no API key, never rate-limited, up to 16 MiB, body given as raw bytes. */
export function webhook(spec: {
  path: string;
  summary: string;
  overLimit?(): void;
  handle(request: {
    raw: Buffer;
    search: string;
    headers: Headers;
    requestId: string;
  }): Promise<Answer | Response>;
}): Endpoint {
  return { ...open('post', spec.path, 'webhooks', spec.summary), access: 'signed', ...spec };
}

/** A page for everybody: health, metrics, documentation. */
export function page(spec: {
  path: string;
  summary: string;
  params?: z.ZodObject;
  handle(request: EndpointRequest<unknown, unknown, unknown>): Promise<Answer | Response>;
}): Endpoint {
  return { ...open('get', spec.path, 'service', spec.summary), ...spec };
}

function open(
  method: Method,
  path: string,
  tag: string,
  summary: string,
): Omit<Endpoint, 'handle'> {
  return {
    method,
    path,
    tag,
    summary,
    access: 'public',
    params: undefined,
    query: undefined,
    body: undefined,
    documentedBody: undefined,
    requests: undefined,
    idempotency: undefined,
    answers: { 200: z.unknown() },
    problems: [],
    limited: false,
    bodyBytesMax: WEBHOOK_BODY_BYTES_MAX,
  };
}
