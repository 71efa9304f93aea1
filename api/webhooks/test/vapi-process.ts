/** A simulated Vapi as a process of its own: nothing but HTTP lies between it and the application. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../simulation/providers/vapi/main.ts', import.meta.url));

export const VAPI_KEY = 'vapi-key-of-the-test';

/** What the simulator knows to be true of a call; see its own record for the rest. */
export interface CallTruth {
  providerCallId: string;
  phase: 'queued' | 'ringing' | 'live' | 'ended';
  startedAtMs?: number;
  durationMs: number;
  endedBy?: string;
  pushes: { kind: string }[];
  deliveries: { event: string }[];
}

export interface VapiProcess {
  url: string;
  truth(providerCallId: string): Promise<CallTruth>;
  /** Webhooks that are under way or held back. */
  pending(): Promise<number>;
  setFaults(faults: Record<string, unknown>): Promise<void>;
  /** How calls go that are placed from now on. */
  setScript(script: Record<string, unknown>): Promise<void>;
  /** Places a call that names its organization and `callId` in its metadata; answers its id. */
  place(organizationId: string, callId: string): Promise<string>;
  /** Ends a live call as an API user would. */
  endCall(providerCallId: string): Promise<void>;
  stop(): Promise<void>;
}

export async function vapiProcess(webhookUrl: string, secret: string): Promise<VapiProcess> {
  const options = ['--port', '0', '--webhook-url', webhookUrl, '--api-key', VAPI_KEY];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', MAIN, ...options, '--auth', 'secret', '--secret', secret],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await urlOf(child);
  const post = (path: string, body: unknown) => send(url, path, body);
  return {
    url,
    async truth(providerCallId) {
      const records = (await get(`${url}/simulation/records`)) as CallTruth[];
      const record = records.find((one) => one.providerCallId === providerCallId);
      if (record === undefined) throw new Error(`no call ${providerCallId}`);
      return record;
    },
    async pending() {
      const counts = (await get(`${url}/simulation/counts`)) as { webhooksPending: number };
      return counts.webhooksPending;
    },
    setFaults: async (faults) => void (await post('/simulation/faults', faults)),
    setScript: async (script) => void (await post('/simulation/scripts', { script })),
    async place(organizationId, callId) {
      const metadata = { ringfence: { organization_id: organizationId, call_id: callId } };
      const placed = await post('/call', {
        assistantId: 'assistant',
        phoneNumberId: 'number',
        customer: { number: '+14155550987' },
        assistantOverrides: { metadata, maxDurationSeconds: 3600 },
      });
      return ((await placed.json()) as { id: string }).id;
    },
    endCall: async (id) => void (await post(`/${id}/control`, { type: 'end-call' })),
    async stop() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await closed;
    },
  };
}

async function send(url: string, path: string, body: unknown): Promise<Response> {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${VAPI_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

async function get(url: string): Promise<unknown> {
  return await (await fetch(url)).json();
}

/** The first line of its output says where it listens. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface({ input: child.stdout })) {
    return (JSON.parse(line) as { url: string }).url;
  }
  throw new Error('the simulator ended before it listened');
}
