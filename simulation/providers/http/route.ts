import type { IncomingHttpHeaders } from 'node:http';
import type { Dice } from '../exchange/dice.ts';
import type { RequestFaults } from '../exchange/faults.ts';

export interface Request {
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Real epoch ms of its arrival, before any latency. */
  readonly receivedWallMs: number;
  /** What the groups of the route's path matched, by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  /** Sent as JSON; undefined is an empty body. */
  readonly body?: unknown;
  /** A page for browsers, instead of a JSON body. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Matches the whole path; named groups become parameters. */
  readonly path: RegExp;
  /** Without it the route is never faulty. */
  readonly faults?: (request: Request) => { readonly faults: RequestFaults; readonly dice: Dice };
  /** Told of a request that a fault keeps from `handle`. */
  readonly prevented?: (request: Request) => void;
  /** Told of a request that is answered with this although `handle` did its work. */
  readonly failed?: (request: Request, reply: Reply) => void;
  /** @throws RequestError; its status and body become the answer */
  readonly handle: (request: Request) => Reply | Promise<Reply>;
}

/** The caller must change something. */
export class RequestError extends Error {
  readonly status: number;
  readonly body: unknown;

  /** @param body instead of the provider's usual error body. */
  constructor(status: number, message: string, body?: unknown) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export function findRoute(routes: readonly Route[], method: string, path: string) {
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match) return { route, parameters: { ...match.groups } };
  }
  return undefined;
}

/** @throws RequestError 400 when the body is not JSON. */
export function jsonBody(request: Request): unknown {
  try {
    return JSON.parse(request.body);
  } catch {
    throw new RequestError(400, 'The body is not JSON.');
  }
}
