/**
 * One process of Ringfence in a test: everything `npm start` runs, on given stores; without the socket,
 * unless it is asked for. As many as wanted may share them.
 */
import { createApplication } from '../compose/application.ts';
import { startBackground } from '../compose/background.ts';
import { type Core, startCore } from '../compose/core.ts';
import { readConfig } from '../config.ts';
import { watchFlusher } from '../flusher-pulse.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createReadiness } from '../readiness.ts';
import { type Door, openDoor, type Sent } from './door.ts';

/** Seals what tests store; nobody's. */
const TEST_SECRET_KEY = Buffer.alloc(32, 'ringfence').toString('base64');
export const ADMIN_KEY = 'rf_admin_of_the_test_0123456789';

export interface ApiAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  text: string;
}

export interface Call {
  key?: string;
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  raw?: string | Buffer;
  /** Sent in chunks, which are Hono's to read. Needs a process that listens. */
  chunked?: boolean;
  /** false: no Idempotency-Key. Default: a new one for each POST. */
  idempotencyKey?: string | false;
  headers?: Record<string, string>;
}

export interface TestProcess {
  core: Core;
  request(method: string, path: string, call?: Call): Promise<ApiAnswer>;
  /** A request exactly as it is, to Hono. */
  raw(request: Request): Promise<Response>;
  /** How many requests were served around Hono; of a process that listens. */
  direct(): number;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Gets every line of the log, at the level of the environment. */
  lines?: string[] | undefined;
  /** false: requests alone, no flusher, enforcer or anything else that works by itself. */
  background?: boolean;
  /** true: requests go through a socket, and so by the way around Hono when they are plain. */
  listens?: boolean;
}

let requests = 0;

/** @param env with REDIS_URL and DATABASE_URL. Answers once its gate is open. */
export async function testProcess(
  env: Record<string, string>,
  { lines, background = true, listens = false }: ProcessOptions = {},
): Promise<TestProcess> {
  const config = readConfig({
    RINGFENCE_ADMIN_KEY: ADMIN_KEY,
    RINGFENCE_LEDGER_KEY: 'the key of the hash chain in tests'.replaceAll(' ', '-'),
    RINGFENCE_SECRET_KEY: TEST_SECRET_KEY,
    RINGFENCE_PARTITIONS: '8',
    RINGFENCE_LOG_LEVEL: process.env.RINGFENCE_LOG_LEVEL ?? 'silent',
    // Whoever waits for Postgres waits for it, however busy the machine is: what tells of an outage is its end.
    RINGFENCE_LEDGER_WAIT_MS: '60000',
    RINGFENCE_CALL_RECORD_WAIT_MS: '5000',
    // Nobody listens there: tests that want a provider bring their own.
    VAPI_BASE_URL: 'http://127.0.0.1:9',
    RETELL_BASE_URL: 'http://127.0.0.1:9',
    TWILIO_BASE_URL: 'http://127.0.0.1:9',
    ...env,
  });
  const metrics = createMetrics();
  const kept = lines && { write: (line: string) => void lines.push(line) };
  const core = await startCore(config, createLog(config.RINGFENCE_LOG_LEVEL, kept), metrics);
  metrics.follow(core.engine);
  const working = background ? startBackground(core, metrics) : undefined;
  const { RINGFENCE_ROLE: role } = config;
  const pulse = watchFlusher(core.stores.directory, {
    flushes: background && (role === 'all' || role === 'flusher'),
  });
  const readiness = createReadiness({
    engine: core.engine,
    sql: core.stores.directory,
    backlogMaxAgeMs: config.RINGFENCE_BACKLOG_MAX_AGE_SECONDS * 1000,
    pulse,
    stopping: () => false,
  });
  const application = createApplication(core, metrics, readiness);
  const { app } = application;
  const door: Door | undefined = listens ? await openDoor(application) : undefined;
  await core.engine.opened();
  return {
    core,
    raw: async (request) => app.request(request),
    async request(method, path, call = {}) {
      const sent = sentBy(method, call);
      const response = await (door?.send(method, path, sent) ??
        app.request(path, { method, headers: sent.headers, ...bodyOf(sent) }));
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      const body: Record<string, unknown> = isJson ? JSON.parse(text) : {};
      return { status: response.status, headers: response.headers, body, text };
    },
    direct: () => door?.direct() ?? 0,
    async stop() {
      await door?.stop();
      pulse.stop();
      await working?.stop();
      await core.stop();
    },
  };
}

function sentBy(method: string, call: Call): Sent {
  const headers: Record<string, string> = {
    authorization: `Bearer ${call.key ?? ADMIN_KEY}`,
    ...call.headers,
  };
  const body = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  if (body !== undefined) headers['content-type'] ??= 'application/json';
  if (method === 'POST' && call.idempotencyKey !== false) {
    headers['idempotency-key'] ??= call.idempotencyKey ?? `test-${requests++}`;
  }
  return { headers, chunked: call.chunked, ...(body !== undefined && { body }) };
}

function bodyOf({ body }: Sent): { body?: string | Uint8Array<ArrayBuffer> } {
  if (body === undefined) return {};
  return { body: typeof body === 'string' ? body : new Uint8Array(body) };
}
