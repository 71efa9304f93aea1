import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { at, type Receiver, startReceiver } from '../test/receiver.ts';
import type { VapiAuthentication } from './authenticate.ts';
import type { VapiOptions } from './call.ts';
import { startVapi } from './start.ts';

const headers = { authorization: 'Bearer key', 'content-type': 'application/json' };
/** After the queue and the ringing. */
const ANSWERED_MS = 5_000;
const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const messages = () => receiver.received.map(({ body }) => at(JSON.parse(body), 'message'));
const seen = (type: string) => messages().filter((message) => at(message, 'type') === type);

/**
 * A live call and its control URL. Its clock is the real one, moved on by `advance`: nothing ends while
 * somebody looks at it.
 */
async function liveCall(options: Partial<VapiOptions> = {}, overrides: object = {}) {
  const simulator = await startVapi({
    apiKey: 'key',
    authentication: { type: 'none' },
    webhookUrl: receiver.url,
    seed: 7,
    ...options,
    script: { talkMs: 3_000_000, turnEveryMs: 0, ...options.script },
  });
  stops.push(simulator.stop);
  const response = await fetch(`${simulator.url}/call`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      assistantId: 'assistant',
      phoneNumberId: 'number',
      customer: { number: '+14155550987' },
      assistantOverrides: { maxDurationSeconds: 43_200, ...overrides },
    }),
  });
  const call = (await response.json()) as { id: string; monitor?: { controlUrl: string } };
  const record = () => simulator.control.record(call.id);
  const { advance } = simulator.control;
  advance(ANSWERED_MS);
  await eventually(() => record()?.phase).toBe('live');
  const command = (body: unknown, more: Record<string, string> = {}) =>
    fetch(call.monitor?.controlUrl ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...more },
      body: JSON.stringify(body),
    });
  return { record, command, call, advance };
}

test('end-call ends the call at once; a second one is told that it is over', async () => {
  const { record, command } = await liveCall();
  const before = Date.now();
  expect((await command({ type: 'end-call' })).status).toBe(200);
  expect(record()).toMatchObject({ endedBy: 'pushed', reason: 'manually-canceled' });
  expect((await command({ type: 'end-call' })).status).toBe(404);
  expect(record()?.pushes.map(({ verdict }) => verdict)).toEqual(['obeyed', 'too_late']);
  const receivedWallMs = record()?.pushes[0]?.receivedWallMs ?? 0;
  expect(receivedWallMs).toBeGreaterThanOrEqual(before);
  expect(receivedWallMs).toBeLessThanOrEqual(Date.now());
});

test('a sentence after which the call ends is said first', async () => {
  const { record, command, advance } = await liveCall();
  await command({ type: 'say', content: 'Hello.' });
  await command({ type: 'add-message', message: { role: 'system', content: 'Wrap up.' } });
  expect((await command({ type: 'say', content: 'Goodbye.', endCallAfterSpoken: true })).ok).toBe(
    true,
  );
  const push = record()?.pushes.at(-1);
  advance(10_000);
  await eventually(() => record()?.endedBy).toBe('said');
  expect(record()?.endedAtMs).toBeGreaterThan(push?.receivedAtMs ?? Number.POSITIVE_INFINITY);
  expect(record()?.pushes.map(({ kind }) => kind)).toEqual(['say', 'add-message', 'say']);
});

test('a forwarded call goes on, says so, and can still be ended', async () => {
  const wanted = ['status-update', 'transfer-update'];
  const { record, command } = await liveCall({}, { serverMessages: wanted });
  const destination = { type: 'number', number: '+14155550111' };
  expect((await command({ type: 'transfer', destination })).status).toBe(200);
  await eventually(() => seen('transfer-update').length).toBe(1);
  expect(record()?.phase).toBe('live');
  const statuses = () => seen('status-update').map((message) => at(message, 'status'));
  // It was sent before the transfer's, and may arrive after it.
  await eventually(statuses).toContain('forwarding');
  expect((await command({ type: 'end-call' })).status).toBe(200);
  expect(record()?.phase).toBe('ended');
});

test('refused hang-ups are 503 and change nothing; ignored ones are 200 and change nothing', async () => {
  const faults = { hangUps: { refused: 3, ignored: 1 } };
  const { record, command } = await liveCall({ script: { faults } });
  const statuses = [];
  for (let push = 0; push < 5; push += 1)
    statuses.push((await command({ type: 'end-call' })).status);
  expect(statuses).toEqual([503, 503, 503, 200, 200]);
  const verdicts = ['refused', 'refused', 'refused', 'ignored', 'obeyed'];
  expect(record()?.pushes.map(({ verdict }) => verdict)).toEqual(verdicts);
  expect(record()?.endedBy).toBe('pushed');
});

test('a hang-up that is always refused leaves the call to its cap', async () => {
  const { record, command, advance } = await liveCall(
    { faults: { hangUps: { refused: 'always' } } },
    { maxDurationSeconds: 60 },
  );
  expect((await command({ type: 'end-call' })).status).toBe(503);
  advance(60_000);
  await eventually(() => record()?.endedBy).toBe('cap');
  expect(record()?.durationMs).toBe(60_000);
});

test('the control URL asks for the public key when the call says so', async () => {
  const plan = { monitorPlan: { controlAuthenticationEnabled: true } };
  const { record, command } = await liveCall({ publicKey: 'public' }, plan);
  expect((await command({ type: 'end-call' })).status).toBe(401);
  expect(record()?.phase).toBe('live');
  const authorization = 'Bearer public';
  expect((await command({ type: 'end-call' }, { authorization })).status).toBe(200);
});

test('without control there is no control URL', async () => {
  const { call } = await liveCall({}, { monitorPlan: { controlEnabled: false } });
  expect(call.monitor).toBeUndefined();
});

test('a timeElapsed hook asks at its second, and its answer may end the call', async () => {
  receiver.answer = ({ body }) => {
    const toolCallId = at(JSON.parse(body), 'message', 'toolCallList', 0, 'id');
    const over = {
      type: 'request-complete',
      role: 'assistant',
      content: 'Goodbye.',
      endCallAfterSpokenEnabled: true,
    };
    return { status: 200, body: { results: [{ toolCallId, result: 'over', message: over }] } };
  };
  const tool = { type: 'function', function: { name: 'tick' }, server: { url: receiver.url } };
  const hooks = [
    { on: 'call.timeElapsed', options: { seconds: 60 }, do: [{ type: 'tool', tool }] },
    { on: 'call.timeElapsed', options: { seconds: 3_600 }, do: [{ type: 'tool', tool }] },
  ];
  const { record, advance } = await liveCall({}, { hooks });
  advance(60_000);
  await eventually(() => seen('tool-calls').length).toBe(1);
  await eventually(() => record()?.endedBy).toBe('said');
  expect(seen('tool-calls')).toHaveLength(1);
  const [tick] = seen('tool-calls');
  expect(at(tick, 'toolCallList', 0, 'function', 'name')).toBe('tick');
  expect(at(tick, 'call', 'monitor', 'controlUrl')).toBeTypeOf('string');
  expect(record()?.durationMs).toBeGreaterThan(60_000);
  expect(record()?.reason).toBe('assistant-ended-call-after-message-spoken');
});

interface Sent {
  readonly headers: Headers;
  readonly body: string;
  /** Real epoch ms between which it was sent. */
  readonly betweenMs: readonly [number, number];
}
const hmac = (body: string, timestamp: string | null) =>
  createHmac('sha256', 'shared').update(`${timestamp}.${body}`).digest('hex');

test.each<[VapiAuthentication, (sent: Sent) => boolean]>([
  [{ type: 'bearer', token: 't' }, ({ headers: h }) => h.get('authorization') === 'Bearer t'],
  [{ type: 'secret', secret: 's' }, ({ headers: h }) => h.get('x-vapi-secret') === 's'],
  [
    { type: 'hmac', secret: 'shared', unit: 's' },
    ({ headers: h, body }) =>
      /^\d{10}$/.test(h.get('x-timestamp') ?? '') &&
      h.get('x-signature') === hmac(body, h.get('x-timestamp')),
  ],
  [
    { type: 'hmac', secret: 'shared', unit: 'ms' },
    ({ headers: h, body, betweenMs: [first, last] }) =>
      Number(h.get('x-timestamp')) >= first &&
      Number(h.get('x-timestamp')) <= last &&
      h.get('x-signature') === hmac(body, h.get('x-timestamp')),
  ],
])('every webhook carries its proof: %o', async (authentication, holds) => {
  const before = Date.now();
  await liveCall({ authentication });
  await eventually(() => receiver.received.length).toBeGreaterThanOrEqual(3);
  for (const { headers, body, receivedWallMs } of receiver.received) {
    expect(holds({ headers, body, betweenMs: [before, receivedWallMs] })).toBe(true);
  }
});
