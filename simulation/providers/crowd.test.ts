import { expect, test } from 'vitest';
import { startRetell } from './retell/start.ts';
import { eventually } from './test/eventually.ts';
import { startReceiver } from './test/receiver.ts';

const CALLS = 1_000;
const AT_ONCE = 50;
/** Their webhooks come in crowds, and wait for one another. */
const agent_override = { agent: { webhook_timeout_ms: 30_000 } };

const callOf = ({ body }: { body: string }) =>
  JSON.parse(body) as { event: string; call: { call_id: string } };

async function dial(url: string, calls: number, atOnce: number): Promise<void> {
  let next = 0;
  const dialer = async () => {
    while (next < calls) {
      const to_number = `+1415${String(5_550_000 + next++)}`;
      const response = await fetch(`${url}/v2/create-phone-call`, {
        method: 'POST',
        headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
        body: JSON.stringify({ from_number: '+14155550142', to_number, agent_override }),
      });
      expect(response.status).toBe(201);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, dialer));
}

test('a thousand live calls at once end when they should, each with its webhooks', async () => {
  const receiver = await startReceiver();
  const options = {
    apiKey: 'key',
    webhookUrl: receiver.url,
    seed: 2_000,
    // In real time, moved on by hand: all are dialed before the first ends, on a slow machine too.
    scale: 1,
    script: {
      ringMs: [0, 5_000] as [number, number],
      talkMs: [160_000, 170_000] as [number, number],
    },
  };
  const { url, control, stop } = await startRetell(options);
  await dial(url, CALLS, AT_ONCE);
  control.advance(10_000);
  await eventually(() => control.counts().live).toBe(CALLS);
  control.advance(170_000);
  await eventually(() => control.counts().open).toBe(0);
  control.advance(10_000);
  await eventually(() => control.counts().webhooks.delivered).toBe(3 * CALLS);
  const kinds = new Map<string, Set<string>>();
  for (const request of receiver.received) {
    const { event, call } = callOf(request);
    kinds.set(event, (kinds.get(event) ?? new Set()).add(call.call_id));
  }
  for (const event of ['call_started', 'call_ended', 'call_analyzed']) {
    expect(kinds.get(event)?.size).toBe(CALLS);
  }
  for (const { durationMs } of control.records()) {
    expect(durationMs).toBeGreaterThanOrEqual(160_000);
    expect(durationMs).toBeLessThanOrEqual(170_000);
  }
  await stop();
  await receiver.stop();
}, 180_000);

test('the same seed makes the same calls, in whatever order they are dialed', async () => {
  const run = async (atOnce: number) => {
    const script = { talkMs: [60_000, 600_000] as [number, number] };
    const { url, control, stop } = await startRetell({
      apiKey: 'key',
      seed: 7,
      scale: 5_000,
      script,
    });
    await dial(url, 100, atOnce);
    await eventually(() => control.counts().open).toBe(0);
    await stop();
    return control
      .records()
      .map(({ to, providerCallId, durationMs }) => [to, providerCallId, durationMs].join())
      .sort();
  };
  const first = await run(1);
  expect(new Set(first).size).toBe(100);
  expect(await run(30)).toEqual(first);
});
