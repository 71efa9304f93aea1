/** A running Ringfence for the commands to look at, on servers of the test file's own. */
import { vi } from 'vitest';
import { main, type Running } from '../api/main.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../testing/services.ts';
import type { Command } from './command.ts';

const READY_MS = 60_000;
const ADMIN_KEY = 'rf_admin_of_the_test_0123456789';

export interface TestRingfence {
  readonly env: Readonly<Record<string, string>>;
  readonly redis: TestRedis;
  readonly database: TestDatabase;
  /** POSTs with a fresh Idempotency-Key; throws unless the answer is 2xx. */
  post(path: string, body: unknown): Promise<Record<string, unknown>>;
  put(path: string, body: unknown): Promise<Record<string, unknown>>;
  get(path: string): Promise<Record<string, unknown>>;
  /** @param more variables that differ from `env` this time */
  start(more?: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Answers when it takes requests. One that finds a partition shut, by a command that works on it, looks for
   * itself before it goes on, and may do so when the command has long ended.
   */
  ready(): Promise<void>;
  /** Stops the Ringfence, not its servers. */
  stop(): Promise<void>;
  end(): Promise<void>;
}

export async function testRingfence(): Promise<TestRingfence> {
  const [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  const env = {
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    PORT: '0',
    RINGFENCE_HOST: '127.0.0.1',
    RINGFENCE_ADMIN_KEY: ADMIN_KEY,
    RINGFENCE_LEDGER_KEY: 'the-key-of-the-hash-chain-in-tests',
    RINGFENCE_SECRET_KEY: Buffer.alloc(32, 'test').toString('base64'),
    RINGFENCE_PARTITIONS: '2',
    RINGFENCE_LOG_LEVEL: 'silent',
    // However busy the machine is: what waits for the ledger has it in the end.
    RINGFENCE_LEDGER_WAIT_MS: '60000',
    VAPI_WEBHOOK_SECRET: 'vapi-secret-of-the-test',
    RETELL_API_KEY: 'retell-key-of-the-test',
    // Nobody listens there: tests that want a provider bring their own.
    VAPI_BASE_URL: 'http://127.0.0.1:9',
    RETELL_BASE_URL: 'http://127.0.0.1:9',
    TWILIO_BASE_URL: 'http://127.0.0.1:9',
  };
  let running: Running | undefined;
  /** Without a flusher it serves, but does not count as ready. */
  let readyPath = '/readyz';
  let requests = 0;
  async function send(method: string, path: string, body: unknown) {
    const response = await fetch(`${running?.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/json',
        'idempotency-key': `test-${requests++}`,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
  const ringfence: TestRingfence = {
    env,
    redis,
    database,
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    get: (path) => send('GET', path, undefined),
    async start(more = {}) {
      running = await main({ ...env, ...more });
      readyPath = more.RINGFENCE_ROLE === 'api' ? '/healthz' : '/readyz';
      await ringfence.ready();
    },
    async ready() {
      const ready = () => fetch(`${running?.url}${readyPath}`).then((answer) => answer.ok);
      if (running !== undefined) await vi.waitUntil(ready, { timeout: READY_MS, interval: 20 });
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    async end() {
      await ringfence.stop();
      await redis.stop();
      await database.drop();
    },
  };
  await ringfence.start();
  return ringfence;
}

/** Runs a command as a script would, and answers what it printed. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await command.run(args, {
    env,
    isTerminal: false,
    out(more) {
      text += more;
    },
  });
  return { code, text };
}
