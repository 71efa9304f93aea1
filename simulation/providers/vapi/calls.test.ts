import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { at, type Receiver, startReceiver } from '../test/receiver.ts';
import type { VapiOptions } from './call.ts';
import { startVapi } from './start.ts';

const headers = { authorization: 'Bearer key', 'content-type': 'application/json' };
const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function vapi(options: Partial<VapiOptions> = {}) {
  const simulator = await startVapi({
    apiKey: 'key',
    authentication: { type: 'none' },
    webhookUrl: receiver.url,
    seed: 7,
    scale: 200,
    ...options,
  });
  stops.push(simulator.stop);
  const post = (path: string, body: unknown) =>
    fetch(new URL(path, simulator.url), { method: 'POST', headers, body: JSON.stringify(body) });
  const create = (overrides: object = {}, number = '+14155550987') =>
    post('/call', {
      assistantId: 'assistant',
      phoneNumberId: 'number',
      customer: { number },
      assistantOverrides: overrides,
    });
  const get = async (path: string) => {
    const response = await fetch(new URL(path, simulator.url), { headers });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { ...simulator, post, create, get };
}

const messages = () => receiver.received.map(({ body }) => at(JSON.parse(body), 'message'));
const seen = (type: string) => messages().filter((message) => at(message, 'type') === type);
const statuses = () => seen('status-update').map((message) => at(message, 'status'));

test('a call goes queued, ringing, in-progress, ended, and is reported after processing', async () => {
  const { create, get, control } = await vapi({
    script: { queueMs: 8_000, ringMs: 8_000, talkMs: 30_000, processingMs: 8_000 },
  });
  const response = await create({ metadata: { ringfence: { call_id: 'a' } } });
  expect(response.status).toBe(201);
  const call = (await response.json()) as { id: string; monitor: { controlUrl: string } };
  expect(call.monitor.controlUrl).toContain(`/${call.id}/control`);
  await eventually(() => seen('end-of-call-report').length).toBe(1);
  // Each is sent at its moment and may arrive after a later one, as at Vapi.
  const wanted = ['queued', 'ringing', 'in-progress', 'ended'];
  await eventually(() => statuses().sort()).toEqual([...wanted].sort());
  const sent = control.record(call.id)?.deliveries.map(({ event }) => event) ?? [];
  const updates = sent.filter((event) => event.startsWith('status-update '));
  expect(updates).toEqual(wanted.map((status) => `status-update ${status}`));

  const record = control.record(call.id);
  expect(record).toMatchObject({ durationMs: 30_000, endedBy: 'person', pushes: [] });
  const report = seen('end-of-call-report')[0];
  const elapsed =
    Date.parse(String(at(report, 'endedAt'))) - Date.parse(String(at(report, 'startedAt')));
  expect(elapsed).toBe(30_000);
  expect(at(report, 'endedReason')).toBe('customer-ended-call');
  expect(at(report, 'call', 'assistantOverrides', 'metadata', 'ringfence', 'call_id')).toBe('a');
  expect(Math.round(Number(at(report, 'cost')) * 1e6)).toBe(record?.costMicros);
  const parts = at(report, 'costs') as { cost: number }[];
  const sum = parts.reduce((total, { cost }) => total + Math.round(cost * 1e6), 0);
  expect(sum).toBe(record?.costMicros);

  const { body } = await get(`/call/${call.id}`);
  expect(body).toMatchObject({ status: 'ended', cost: at(report, 'cost') });
});

test('a call ends at its cap to the millisecond, whatever its webhooks do', async () => {
  const { create, control } = await vapi();
  await create({ maxDurationSeconds: 10 });
  await eventually(() => control.records()[0]?.phase).toBe('ended');
  expect(control.records()[0]).toMatchObject({
    durationMs: 10_000,
    endedBy: 'cap',
    reason: 'exceeded-max-duration',
  });
});

test.each([
  ['busy', 'customer-busy'],
  ['no-answer', 'customer-did-not-answer'],
  ['failed', 'twilio-failed-to-connect-call'],
] as const)('a call that is %s costs nothing and is reported as %s', async (answer, reason) => {
  const { create, control } = await vapi({ script: { answer } });
  await create();
  await eventually(() => seen('end-of-call-report').length).toBe(1);
  expect(seen('end-of-call-report')[0]).toMatchObject({ endedReason: reason, cost: 0, costs: [] });
  expect(control.records()[0]).toMatchObject({ startedAtMs: undefined, costMicros: 0, reason });
});

test('requests that Vapi would refuse are refused', async () => {
  const { create, post, url, control } = await vapi();
  expect((await create({ maxDurationSeconds: 9 })).status).toBe(400);
  expect((await create({ maxDurationSeconds: 43_201 })).status).toBe(400);
  expect((await create({ server: { url: 'https://example.com/' } })).status).toBe(400);
  expect((await post('/call', { phoneNumberId: 'number', customer: {} })).status).toBe(400);
  const keyless = await fetch(new URL('/call', url));
  expect(keyless.status).toBe(401);
  expect(control.records()).toEqual([]);
  await expect(vapi({ webhookUrl: 'http://example.com/' })).rejects.toThrow(/loopback/);
});

test('the list is filtered by time and has no cursor', async () => {
  const { create, get, control } = await vapi({ script: { talkMs: 1_000 } });
  for (const number of ['+14155550001', '+14155550002', '+14155550003']) await create({}, number);
  await eventually(() => control.counts().open).toBe(0);
  await eventually(() => seen('end-of-call-report').length).toBe(3);
  const [first] = control.records();
  const since = new Date(first?.createdAtMs ?? 0).toISOString();
  expect((await get(`/call?updatedAtGe=${since}&limit=1000`)).body).toHaveLength(3);
  expect((await get(`/call?updatedAtGe=${since}&limit=2`)).body).toHaveLength(2);
  const later = new Date(control.now() + 1_000_000).toISOString();
  expect((await get(`/call?updatedAtGe=${later}`)).body).toEqual([]);
  expect((await get('/call?limit=1001')).status).toBe(400);
});

test('webhooks are not retried unless the call has a backoff plan', async () => {
  receiver.answer = () => ({ status: 500 });
  const { create, control } = await vapi({ script: { talkMs: 1_000, turnEveryMs: 0 } });
  const plan = { type: 'exponential', maxRetries: 2, baseDelaySeconds: 1 };
  await create({}, '+14155550001');
  await create({ server: { backoffPlan: plan } }, '+14155550002');
  await eventually(() => seen('end-of-call-report').length).toBe(4);
  // What was tried before the report may be tried again after it.
  await eventually(() => control.counts()).toMatchObject({ open: 0, webhooksPending: 0 });
  const attempts = control.records().map(({ deliveries }) => deliveries.map((d) => d.attempts));
  expect(new Set(attempts[0])).toEqual(new Set([1]));
  expect(new Set(attempts[1])).toEqual(new Set([3]));
});
