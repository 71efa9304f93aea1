/** A server with the way around Hono, one without it, and what both have seen: for the tests that compare them. */
import { connect } from 'node:net';
import { z } from '@hono/zod-openapi';
import { pino } from 'pino';
import { createApp } from '../app.ts';
import type { Principal } from '../auth/principal.ts';
import { createDirect, type Direct } from '../http/direct.ts';
import { endpoint, webhook } from '../http/endpoint.ts';
import type { Observation } from '../http/observe.ts';
import { Problem } from '../http/problem.ts';
import type { ServeContext } from '../http/serve.ts';
import { type HttpServer, listen } from '../server.ts';

const body = z.strictObject({ text: z.string().optional() });
const shared = { method: 'post', tag: 't', summary: 's', answers: { 200: z.unknown() } } as const;
const ENDPOINTS = [
  endpoint({
    ...shared,
    path: '/v1/things/{id}/turn',
    params: z.object({ id: z.string() }),
    query: z.object({ how: z.string().optional() }),
    body,
    idempotency: 'accepted',
    async handle({ params, query, body: sent, idempotencyKey, operation, requestId, search }) {
      if (sent.text === 'throw') throw new Error('nobody foresaw it');
      const told = { params, query, sent, idempotencyKey, operation, requestId, search };
      return { status: 201, body: told, headers: { 'idempotency-replayed': 'true' } };
    },
  }),
  endpoint({
    ...shared,
    path: '/v1/things/all',
    body,
    handle: async ({ headers }) => ({ status: 200, body: { headers: [...headers.keys()] } }),
  }),
  endpoint({
    ...shared,
    method: 'get',
    path: '/v1/things/all',
    handle: async () => ({ status: 200, body: { things: [] } }),
  }),
  endpoint({ ...shared, path: '/v1/things/{id}', handle: async () => ({ status: 200, body: {} }) }),
  webhook({
    path: '/v1/hooks/{name}',
    summary: 's',
    handle: async ({ raw }) => ({ status: 200, body: { raw: raw.toString() } }),
  }),
];

const PRINCIPAL: Principal = { role: 'platform', organizationId: null, keyId: 'key_1' };

export interface TwoServers {
  readonly withDirect: HttpServer;
  readonly withoutDirect: HttpServer;
  /** What was observed, by whichever served. */
  readonly seen: Observation[];
  /** The URLs that were taken around Hono. */
  readonly taken: (string | undefined)[];
  /** Awaited before a key is known. */
  beforeKey: () => Promise<void>;
  /** How many requests asked who their holder is: each of them is observed in the end. */
  asked: number;
  stop(): Promise<void>;
}

export async function twoServers(): Promise<TwoServers> {
  const seen: Observation[] = [];
  const taken: (string | undefined)[] = [];
  const context: ServeContext = {
    async authenticate(authorization) {
      servers.asked += 1;
      await servers.beforeKey();
      if (authorization !== 'Bearer good') throw new Problem('unauthenticated');
      return PRINCIPAL;
    },
    rateLimit: { take: async () => undefined },
    observe: (observation) => void seen.push(observation),
    docsUrl: '/docs/errors',
  };
  const app = createApp(ENDPOINTS, context);
  const direct = createDirect(ENDPOINTS, context);
  const noting: Direct = (incoming, outgoing) => {
    const took = direct(incoming, outgoing);
    if (took) taken.push(incoming.url);
    return took;
  };
  const options = { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) };
  const withDirect = await listen(app.fetch, { ...options, direct: noting });
  const withoutDirect = await listen(app.fetch, options);
  const servers: TwoServers = {
    ...{ withDirect, withoutDirect, seen, taken, asked: 0, beforeKey: async () => undefined },
    async stop() {
      await Promise.all([withDirect.stop(1_000), withoutDirect.stop(1_000)]);
    },
  };
  return servers;
}

/** All that is answered to these bytes until the server closes, which it may do before it has read them all. */
export function exchange(server: HttpServer, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    let answer = '';
    let broken: Error | undefined;
    socket.on('data', (part) => {
      answer += part.toString();
    });
    socket.on('error', (error) => {
      broken = error;
    });
    socket.on('close', () => {
      if (answer === '' && broken !== undefined) reject(broken);
      else resolve(answer);
    });
    socket.write(bytes);
  });
}

/** Status line, headers in order of their names, and body; without what differs from time to time. */
export function comparable(answer: string): string[] {
  const lines = answer.replaceAll(/req_[0-9a-f]{32}/g, 'req_new').split('\r\n');
  return lines
    .filter((line) => !/^date:/i.test(line))
    .map((line) => line.replace(/^[\w-]+:/, (n) => n.toLowerCase()))
    .sort();
}

/** What an observation says of a request. */
export function toldOf({ endpoint: { path }, status, principal, problem }: Observation) {
  return [path, status, principal, problem?.code];
}
