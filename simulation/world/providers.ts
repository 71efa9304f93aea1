/** The simulated providers of a world: a process each, spoken to over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../scripts/processes.mjs';
import type { CallRecord, Counts, Faults } from '../providers/index.ts';
import type { ProviderName } from './options.ts';

export const VAPI_API_KEY = 'vapi-private-key-of-the-simulation';
export const TWILIO_ACCOUNT = 'AC00000000000000000000000000000001';
export const TWILIO_TOKEN = 'twilio-token-of-the-simulation';

export interface SimulatedProvider {
  readonly name: ProviderName;
  readonly url: string;
  counts(): Promise<Counts>;
  /** The truth about every call it had, oldest first. */
  records(): Promise<CallRecord[]>;
  stop(): Promise<void>;
}

export interface ProviderStart {
  readonly port: number;
  readonly webhookUrl: string;
  readonly seed: number;
  readonly faults: Faults;
  /** Secrets with which it signs: those that Ringfence was started with. */
  readonly vapiSecret: string;
  readonly retellKey: string;
  /** A directory for its log. */
  readonly dir: string;
}

const READY_MS = 60_000;
const STOP_MS = 10_000;
const REQUEST_MS = 30_000;
const PAGE = 1_000;

/** Nobody hangs up in this world: every call lives until it is ended. */
const SCRIPT = {
  queueMs: [20, 300],
  ringMs: [100, 2_000],
  talkMs: 21_600_000,
  turnEveryMs: 20_000,
  processingMs: [500, 1_500],
};

/** @throws Error with the end of its log when it does not start */
export async function startProvider(
  name: ProviderName,
  start: ProviderStart,
): Promise<SimulatedProvider> {
  const url = `http://127.0.0.1:${start.port}`;
  const log = path.join(start.dir, `${name}.log`);
  const child = run(name, start, log);
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const answers = async () => {
    if (ended(child)) throw new Error(`${name} did not start:\n${fs.readFileSync(log, 'utf8')}`);
    return await fetch(`${url}/simulation/counts`).then(
      (answer) => answer.ok,
      () => false,
    );
  };
  if (!(await waitUntil(answers, READY_MS))) throw new Error(`${name} did not start`);
  return {
    name,
    url,
    counts: () => get(`${url}/simulation/counts`),
    async records() {
      const records: CallRecord[] = [];
      for (;;) {
        const after = records.at(-1)?.ordinal ?? 0;
        const page = await get<CallRecord[]>(`${url}/simulation/records?after=${after}`);
        records.push(...page);
        if (page.length < PAGE) return records;
      }
    },
    async stop() {
      if (ended(child)) return;
      child.kill('SIGTERM');
      if (!(await waitUntil(() => ended(child), STOP_MS))) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  };
}

function run(name: ProviderName, start: ProviderStart, log: string): ChildProcess {
  const main = fileURLToPath(new URL(`../providers/${name}/main.ts`, import.meta.url));
  const output = fs.openSync(log, 'a');
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', main],
      ...['--port', String(start.port), '--seed', String(start.seed)],
      ...['--script', JSON.stringify(SCRIPT), '--faults', JSON.stringify(start.faults)],
      ...secretsOf(name, start),
    ],
    { stdio: ['ignore', output, output] },
  );
  fs.closeSync(output);
  return child;
}

function secretsOf(name: ProviderName, start: ProviderStart): string[] {
  switch (name) {
    case 'vapi':
      return [
        ...['--webhook-url', `${start.webhookUrl}/vapi`, '--api-key', VAPI_API_KEY],
        ...['--auth', 'bearer', '--secret', start.vapiSecret],
      ];
    case 'retell':
      return ['--webhook-url', `${start.webhookUrl}/retell`, '--api-key', start.retellKey];
    case 'twilio':
      return ['--account', TWILIO_ACCOUNT, '--auth-token', TWILIO_TOKEN];
  }
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (await response.json()) as T;
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
