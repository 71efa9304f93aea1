/** A real Ringfence process, started the way a user starts it, and killed the way a kernel does. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../scripts/processes.mjs';
import { type Client, createClient } from './client.ts';
import { laterPort } from './ports.ts';

const BOOTSTRAP = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));
const READY_MS = 120_000;
const STOP_MS = 120_000;
const LOG_LINES_SHOWN = 30;

/** For runs that are not about how long Postgres takes: on a busy machine that is longer than usual. */
export const PATIENT = {
  RINGFENCE_LEDGER_WAIT_MS: '60000',
  RINGFENCE_CALL_RECORD_WAIT_MS: '5000',
} as const;

export const ADMIN_KEY = 'rf_admin_of_the_acceptance_run';
export const LEDGER_KEY = 'the-ledger-key-of-the-acceptance-run';
export const VAPI_SECRET = 'vapi-secret-of-the-acceptance-run';
export const RETELL_KEY = 'retell-key-of-the-acceptance-run';

export interface RingfenceProcess {
  readonly client: Client;
  readonly url: string;
  readonly dir: string;
  /** Starts it and answers the ms until /readyz says 200. */
  start(): Promise<number>;
  /** Resolves when /readyz says 200. */
  ready(): Promise<void>;
  kill9(): Promise<void>;
  /** It stands still in the middle of whatever it does, and goes on with `resume`. */
  pause(): void;
  resume(): void;
  /** SIGTERM, also to one that stands still, and waits for the end. @throws Error when it had to be killed */
  stop(): Promise<void>;
  /** Runs `npm run ringfence -- <args>` beside it. */
  command(args: readonly string[]): Promise<{ code: number; text: string }>;
  /** Stops what still runs and removes the directory. */
  end(): Promise<void>;
}

/** A directory that a Postgres under another account may enter. */
export function temporaryDirectory(name: string): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), `ringfence-${name}-`));
  fs.chmodSync(dir, 0o755);
  return dir;
}

/** @param outside REDIS_URL and DATABASE_URL; empty: Ringfence brings its own services */
export async function createRingfence(
  outside: Readonly<Record<string, string>> = {},
): Promise<RingfenceProcess> {
  const dir = temporaryDirectory('acceptance');
  const port = await laterPort();
  const url = `http://127.0.0.1:${port}`;
  const env = environment(dir, port, outside);
  const log = path.join(dir, 'ringfence.log');
  let child: ChildProcess | undefined;

  const isReady = async () => {
    const running = child !== undefined && !ended(child);
    if (!running) throw new Error(`Ringfence ended by itself:\n${tail(log)}`);
    return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
  };
  async function ready(): Promise<void> {
    if (await waitUntil(isReady, READY_MS, 20)) return;
    throw new Error(`Ringfence is not ready after ${READY_MS} ms:\n${tail(log)}`);
  }

  const ringfence: RingfenceProcess = {
    client: createClient(url, ADMIN_KEY),
    url,
    dir,
    ready,
    async start() {
      const from = performance.now();
      const output = fs.openSync(log, 'a');
      child = spawn(process.execPath, [BOOTSTRAP, 'start'], {
        env,
        stdio: ['ignore', output, output],
      });
      fs.closeSync(output);
      await ready();
      return Math.round(performance.now() - from);
    },
    async kill9() {
      const victim = child;
      victim?.kill('SIGKILL');
      await waitUntil(() => victim === undefined || ended(victim), STOP_MS, 2);
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async stop() {
      const asked = child;
      if (asked === undefined || ended(asked)) return;
      asked.kill('SIGTERM');
      // One that stands still, because a test failed meanwhile, would not hear of it.
      asked.kill('SIGCONT');
      if (await waitUntil(() => ended(asked), STOP_MS)) return;
      asked.kill('SIGKILL');
      throw new Error(`Ringfence did not stop:\n${tail(log)}`);
    },
    command: (args) => command(env, args),
    async end() {
      try {
        await ringfence.stop();
      } finally {
        fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
      }
    },
  };
  return ringfence;
}

function environment(dir: string, port: number, outside: Readonly<Record<string, string>>) {
  const { REDIS_URL: _redis, DATABASE_URL: _database, ...rest } = process.env;
  return {
    ...rest,
    RINGFENCE_PUBLIC_URL: `http://127.0.0.1:${port}`,
    // Nobody listens there: no run of this kind asks a provider.
    VAPI_BASE_URL: 'http://127.0.0.1:9',
    RETELL_BASE_URL: 'http://127.0.0.1:9',
    TWILIO_BASE_URL: 'http://127.0.0.1:9',
    ...outside,
    PORT: String(port),
    RINGFENCE_HOST: '127.0.0.1',
    RINGFENCE_DATA_DIR: dir,
    RINGFENCE_ADMIN_KEY: ADMIN_KEY,
    RINGFENCE_LEDGER_KEY: LEDGER_KEY,
    RINGFENCE_LOG_LEVEL: process.env.RINGFENCE_LOG_LEVEL ?? 'warn',
    RINGFENCE_RATE_LIMIT_PER_SECOND: '100000',
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
    RETELL_API_KEY: RETELL_KEY,
  };
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(log: string): string {
  return fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
}

function command(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BOOTSTRAP, 'cli', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, text }));
  });
}
