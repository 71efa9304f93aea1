/** A simulated provider as a process of its own: nothing but HTTP lies between it and us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Provider } from '../../../kill-switch/index.ts';

export const ACCOUNT_SID = `AC${'0'.repeat(31)}1`;
export const PROVIDER_KEYS = {
  vapi: 'vapi-key-of-the-test',
  retell: 'retell-key-of-the-test',
  twilio: 'twilio-token-of-the-test',
} as const satisfies Record<Provider, string>;

const ARGUMENTS: Readonly<Record<Provider, readonly string[]>> = {
  vapi: ['--api-key', PROVIDER_KEYS.vapi],
  retell: ['--api-key', PROVIDER_KEYS.retell],
  twilio: ['--account', ACCOUNT_SID, '--auth-token', PROVIDER_KEYS.twilio],
};

/** What the provider's own books say of a call. */
export interface SimulatedCall {
  providerCallId: string;
  phase: string;
  to: string;
  durationMs: number;
  capMs?: number;
}

export interface SimulatedProvider {
  url: string;
  calls(to: string): Promise<SimulatedCall[]>;
  setFaults(faults: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** Its calls are answered at once, silent, and over only when somebody hangs up. */
const SCRIPT = { queueMs: 0, ringMs: 0, talkMs: 3_600_000, turnEveryMs: 0, processingMs: 0 };

export async function simulatedProvider(provider: Provider): Promise<SimulatedProvider> {
  const path = `../../../simulation/providers/${provider}/main.ts`;
  const main = fileURLToPath(new URL(path, import.meta.url));
  const options = ['--port', '0', '--script', JSON.stringify(SCRIPT), ...ARGUMENTS[provider]];
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await urlOf(child);
  return {
    url,
    async calls(to) {
      const answer = await fetch(`${url}/simulation/records`);
      return ((await answer.json()) as SimulatedCall[]).filter((call) => call.to === to);
    },
    async setFaults(faults) {
      const body = JSON.stringify(faults);
      const answer = await fetch(`${url}/simulation/faults`, { method: 'POST', body });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async stop() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** The first line of its output says where it listens. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface({ input: child.stdout })) {
    return (JSON.parse(line) as { url: string }).url;
  }
  throw new Error('the simulator ended before it listened');
}
