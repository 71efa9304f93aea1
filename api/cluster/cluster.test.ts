import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';

const WORKERS = 2;
const KEY = 'rf_admin_of_the_test_0123456789';
/** Five processes that compile themselves, on a machine that has other things to do. */
const START_MS = 240_000;
/** Says that nobody answers, not how fast anybody has to. */
const ANSWER_MS = 60_000;
/** A connection that was dealt to a worker in the moment of its death is answered by nobody. */
const DEALT_MS = 5_000;
const BOOTSTRAP = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));

interface Line {
  msg: string;
  role?: string;
  pid?: number;
  url?: string;
}

let redis: TestRedis;
let database: TestDatabase;
let folder: string;
let primary: ChildProcess;
const lines: Line[] = [];
let url = '';

beforeAll(async () => {
  [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  folder = mkdtempSync(join(tmpdir(), 'ringfence-cluster-'));
  primary = start(['--workers', String(WORKERS)]);
  await vi.waitUntil(() => told('listening').length === WORKERS, { timeout: START_MS });
  url = told('listening')[0]?.url ?? '';
  const ready = async () => (await get('/readyz').catch(() => undefined))?.status === 200;
  await vi.waitUntil(ready, { timeout: START_MS, interval: 200 });
}, START_MS + 10_000);
afterAll(async () => {
  primary.kill('SIGKILL');
  await redis.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

function start(args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [BOOTSTRAP, 'start', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      PORT: '0',
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      RINGFENCE_DATA_DIR: folder,
      RINGFENCE_ADMIN_KEY: KEY,
      RINGFENCE_LEDGER_KEY: 'the-key-of-the-hash-chain-in-tests-0123',
      RINGFENCE_PARTITIONS: '4',
      RINGFENCE_LEDGER_WAIT_MS: '4000',
      RINGFENCE_LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.setEncoding('utf8');
  let rest = '';
  child.stdout?.on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) if (line.startsWith('{')) lines.push(JSON.parse(line));
  });
  return child;
}

const told = (msg: string) => lines.filter((line) => line.msg === msg);
const pids = (role?: string) =>
  told('worker started')
    .filter((line) => role === undefined || line.role === role)
    .map(({ pid = 0 }) => pid)
    .filter(lives);

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Told {
  status: number;
  body: Record<string, unknown>;
}

/** Over a connection of its own, so that the workers take turns. */
async function ask(
  method: string,
  path: string,
  body?: unknown,
  key = '',
  waitMs = ANSWER_MS,
): Promise<Told> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      connection: 'close',
      authorization: `Bearer ${key || KEY}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      'idempotency-key': `${path} ${JSON.stringify(body)}`,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(waitMs),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const get = (path: string) => ask('GET', path);

/**
 * Whoever gets no answer, or is told to come back by a worker that has just begun, asks again under the same
 * key, as every client should.
 */
async function made(path: string, body: unknown): Promise<string> {
  for (;;) {
    const answer = await ask('POST', path, body, '', DEALT_MS).catch(() => undefined);
    if (answer === undefined || answer.status >= 500) continue;
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return String(answer.body.id ?? answer.body.key);
  }
}

const charge = (walletId: string, reference: string) =>
  made(`/v1/wallets/${walletId}/charges`, { amount_micros: 1, reference });

async function walletOf(name: string, micros: number) {
  const organizationId = await made('/v1/organizations', { name });
  const walletId = await made('/v1/wallets', { organization_id: organizationId, currency: 'usd' });
  await made(`/v1/wallets/${walletId}/credits`, { kind: 'deposit', amount_micros: micros });
  return { organizationId, walletId };
}

describe('several workers', () => {
  test('share one port, and a scrape of any one tells of all', async () => {
    const scrape = async () => {
      const answer = await fetch(`${url}/metrics`);
      const page = await answer.text();
      // One of the workers may not have told in time.
      if (!answer.ok) throw new Error(page);
      const [, count = '0'] =
        /ringfence_http_request_seconds_count\{[^}]*route="\/healthz"[^}]*\} (\d+)/.exec(page) ??
        [];
      const [, open] = /^ringfence_gate_open (\d+)/m.exec(page) ?? [];
      return { count: Number(count), open };
    };
    const scraped = () => vi.waitFor(scrape, { timeout: 60_000 });
    // Two API workers, a flusher and an enforcer see one gate: added up it would be open four times.
    await expect.poll(async () => (await scraped()).open).toBe('1');
    const before = (await scraped()).count;
    for (let i = 0; i < 20; i++) expect((await get('/healthz')).status).toBe(200);
    expect((await scraped()).count).toBe(before + 20);
  });

  test('a key that one of them revokes is refused by all', async () => {
    const { organizationId } = await walletOf('Revoked', 1_000_000);
    const answer = await ask('POST', '/v1/api_keys', {
      organization_id: organizationId,
      role: 'organization',
      name: 'short-lived',
    });
    const key = String(answer.body.key);
    const statuses = async () => {
      const asked = Array.from({ length: WORKERS * 4 }, () =>
        ask('GET', '/v1/calls', undefined, key),
      );
      return [...new Set((await Promise.all(asked)).map(({ status }) => status))];
    };
    expect(await statuses()).toEqual([200]);
    expect((await ask('DELETE', `/v1/api_keys/${answer.body.id}`)).status).toBe(200);
    await expect.poll(statuses).toEqual([401]);
  });

  test(
    'one that is killed under load loses nothing it acknowledged, and is replaced',
    async () => {
      const { walletId } = await walletOf('Loaded', 1_000_000_000);
      const acknowledged = new Set<number>();
      const before = pids('api');
      const [victim = 0] = before;
      let next = 0;
      const client = async () => {
        while (next < 600) {
          const reference = next++;
          if (reference === 200) process.kill(victim, 'SIGKILL');
          await charge(walletId, String(reference));
          acknowledged.add(reference);
        }
      };
      await Promise.all(Array.from({ length: 16 }, client));
      expect(acknowledged.size).toBe(600);
      const inStep = async () => {
        const { body } = await get(`/v1/wallets/${walletId}`);
        return [body.posted_micros, body.sequence === body.ledger_sequence];
      };
      await expect.poll(inStep, { timeout: 60_000 }).toEqual([1_000_000_000 - 600, true]);
      await expect.poll(() => pids('api').length, { timeout: START_MS }).toBe(WORKERS);
      expect(pids('api')).not.toContain(victim);
      expect(told('a worker died; another takes its place').length).toBeGreaterThan(0);
    },
    START_MS,
  );

  test(
    'a flusher that is killed is replaced, and what waited is flushed',
    async () => {
      const { walletId } = await walletOf('Flushed', 1_000);
      const [flusher = 0] = pids('flusher');
      process.kill(flusher, 'SIGKILL');
      await charge(walletId, 'after it');
      const flushed = async () => {
        const { body } = await get(`/v1/wallets/${walletId}`);
        // Of an outage there are neither.
        return Number(body.sequence) === Number(body.ledger_sequence);
      };
      await expect.poll(flushed, { timeout: START_MS }).toBe(true);
    },
    START_MS,
  );

  test(
    'Ctrl-C ends all of them, and the exit is a clean one',
    async () => {
      await expect.poll(() => pids().length, { timeout: START_MS }).toBe(WORKERS + 2);
      const all = pids();
      const exit = new Promise((resolve) => primary.once('exit', resolve));
      // A terminal sends it to every process of the group.
      for (const pid of [...all, primary.pid ?? 0]) process.kill(pid, 'SIGINT');
      expect(await exit).toBe(0);
      await expect.poll(() => all.filter(lives)).toEqual([]);
    },
    START_MS,
  );
});

describe('workers that cannot start', () => {
  test.each([
    [{ RINGFENCE_ROLE: 'flusher' }, 'RINGFENCE_WORKERS is for API processes'],
    [{ RINGFENCE_PARTITIONS: '8' }, 'Set it to 4'],
  ])(
    '%o are named, and none is left',
    async (env, sentence) => {
      const child = start(['--workers=2'], env);
      let said = '';
      child.stderr?.on('data', (text) => {
        said += String(text);
      });
      // All that it said has been read then.
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(code).toBe(1);
      expect(said).toContain(sentence);
      await expect.poll(() => pids()).toEqual([]);
    },
    START_MS,
  );

  test('a number that is none is a sentence', async () => {
    const child = start(['--workers', 'many']);
    let said = '';
    child.stderr?.on('data', (text) => {
      said += String(text);
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(said).toContain('npm start -- --workers');
  });
});
