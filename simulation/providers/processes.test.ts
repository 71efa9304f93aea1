import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { eventually } from './test/eventually.ts';
import { startReceiver } from './test/receiver.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Runs a provider's main.ts; resolves with what it prints first. */
async function run(provider: string, ...options: string[]) {
  const main = new URL(`${provider}/main.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { url: string; seed: number }) };
}

test('a simulator is a process of its own, controlled over HTTP, that stops when told', async () => {
  const receiver = await startReceiver();
  const script = JSON.stringify({ talkMs: [1_000, 2_000], turnEveryMs: 0 });
  const options = ['--webhook-url', receiver.url, '--scale', '200', '--seed', '5'];
  const { child, url, seed } = await run(
    'vapi',
    ...options,
    '--script',
    script,
    '--auth',
    'hmac-s',
  );
  expect(seed).toBe(5);
  receiver.answer = () => ({ status: 200, body: { assistantId: 'a' } });
  const inbound = await fetch(`${url}/simulation/inbound`, {
    method: 'POST',
    body: JSON.stringify({ from: '+14155550987' }),
  });
  const { callId } = (await inbound.json()) as { callId: string };
  const records = async () => {
    const response = await fetch(`${url}/simulation/records?after=0`);
    return (await response.json()) as unknown;
  };
  await eventually(records).toMatchObject([{ providerCallId: callId, endedBy: 'person' }]);
  expect(receiver.received[0]?.headers.get('x-timestamp')).toMatch(/^\d{10}$/);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  await receiver.stop();
});

test.each(['retell', 'twilio'])('%s starts and prints its seed', async (provider) => {
  const { url, seed } = await run(provider);
  const response = await fetch(`${url}/simulation/counts`);
  expect(await response.json()).toMatchObject({ seed, calls: 0, live: 0 });
});
