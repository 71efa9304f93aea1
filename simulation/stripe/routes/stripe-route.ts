import type { Operation } from '../../providers/exchange/faults.ts';
import type { Reply, Request, Route } from '../../providers/http/route.ts';
import { type Account, found } from '../account.ts';
import { StripeFailure } from '../errors.ts';
import { API_VERSION } from '../events.ts';
import { decodeForm, type FormValue } from '../form.ts';

/** What a handler works with. */
export interface Asked {
  readonly form: { [name: string]: FormValue };
  /** The id in the path. */
  readonly id: string;
  readonly request: Request;
}

/**
 * An API route: the key, the version, idempotency, faults and expansion are the same for all.
 * @param path under `/v1`; `:id` stands for an id
 */
export function stripeRoute(
  account: Account,
  method: Route['method'],
  path: string,
  operation: Operation,
  handle: (asked: Asked) => unknown,
): Route {
  const source = path.replace(':id', '(?<id>[A-Za-z0-9_]{1,128})');
  return {
    method,
    path: new RegExp(`^/v1${source}$`),
    faults: () => account.requestFaults(operation),
    failed: (request, reply) => account.idempotency.failed(keyOf(method, request), reply),
    async handle(request) {
      authenticate(account, request);
      const requestId = account.id('req');
      const key = keyOf(method, request);
      const work = async (): Promise<Reply> => {
        if (method === 'POST') await account.options.progress?.();
        account.events.request = { id: requestId, idempotency_key: key ?? null };
        try {
          const form = decodeForm(method === 'POST' ? request.body : '');
          const object = handle({ form, id: request.parameters.id ?? '', request });
          return { status: 200, body: expanded(account, request, structuredClone(object)) };
        } finally {
          account.events.request = null;
        }
      };
      const asked = `${method} ${request.url.pathname} ${request.body}`;
      const reply = await account.idempotency.run(key, asked, work);
      const headers = { 'request-id': requestId, 'stripe-version': API_VERSION, ...reply.headers };
      return { ...reply, headers };
    },
  };
}

/** Only what changes something has one. */
function keyOf(method: Route['method'], request: Request): string | undefined {
  return method === 'POST' ? header(request, 'idempotency-key') : undefined;
}

function authenticate({ options }: Account, request: Request): void {
  if (header(request, 'authorization') === `Bearer ${options.apiKey}`) return;
  throw new StripeFailure(401, {
    type: 'invalid_request_error',
    message: 'Invalid API Key provided',
  });
}

function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** What `expand[]` may name, and where the object is. */
const EXPANDABLE = {
  payment_intent: 'intents',
  latest_charge: 'charges',
  charge: 'charges',
  customer: 'customers',
} as const;

/** Puts objects in the place of their ids, down the path that was asked for. */
function expanded(account: Account, request: Request, body: unknown): unknown {
  const asked = decodeForm(request.url.search.slice(1)).expand ?? decodeForm(request.body).expand;
  for (const path of Array.isArray(asked) ? asked : []) {
    if (typeof path === 'string') expandPath(account, body, path.split('.'));
  }
  return body;
}

function expandPath(account: Account, at: unknown, path: readonly string[]): void {
  const [name, ...below] = path;
  if (name === undefined || typeof at !== 'object' || at === null) return;
  if (Array.isArray(at)) {
    for (const one of at) expandPath(account, one, path);
    return;
  }
  const object = at as Record<string, unknown>;
  const id = object[name];
  if (typeof id === 'string' && name in EXPANDABLE) {
    const store: ReadonlyMap<string, unknown> =
      account[EXPANDABLE[name as keyof typeof EXPANDABLE]];
    object[name] = structuredClone(found(store, name, id, 'expand'));
  }
  expandPath(account, object[name], below);
}
