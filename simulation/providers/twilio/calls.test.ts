import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { type Receiver, startReceiver } from '../test/receiver.ts';
import type { TwilioOptions } from './call.ts';
import { twilioSignature } from './signature.ts';
import { authToken, twilioWithClient } from './test/client.ts';

const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function twilio(options: Partial<TwilioOptions> = {}) {
  const client = await twilioWithClient(options);
  stops.push(client.stop);
  const create = async (more: readonly (readonly [string, string])[] = [], to = '+14155550987') => {
    const { status, body } = await client.post('Calls.json', [
      ['To', to],
      ['From', '+14155550142'],
      ['Twiml', '<Response/>'],
      ['StatusCallback', receiver.url],
      ...more,
    ]);
    return { status, body, sid: String(body.sid) };
  };
  const live = (sid: string) => eventually(() => client.control.record(sid)?.phase).toBe('live');
  return { ...client, create, live };
}

const EVENTS = ['initiated', 'ringing', 'answered', 'completed'].map(
  (event) => ['StatusCallbackEvent', event] as const,
);
const forms = () =>
  receiver.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

test('a call is called back at each step, numbered and signed', async () => {
  const { create, get, control } = await twilio({
    script: { queueMs: 6_000, ringMs: 6_000, talkMs: 61_200, processingMs: 10_000 },
  });
  const { status, sid } = await create(EVENTS);
  expect(status).toBe(201);
  await eventually(() => receiver.received.length).toBe(4);
  // They may overtake one another on the way, which is what the number is for.
  const inOrder = forms().sort((a, b) => Number(a.SequenceNumber) - Number(b.SequenceNumber));
  expect(inOrder.map(({ CallStatus, SequenceNumber }) => [CallStatus, SequenceNumber])).toEqual([
    ['initiated', '0'],
    ['ringing', '1'],
    ['in-progress', '2'],
    ['completed', '3'],
  ]);
  expect(inOrder[2]).not.toHaveProperty('CallDuration');
  expect(inOrder[3]).toMatchObject({ CallSid: sid, CallDuration: '62', Duration: '2' });
  for (const [index, { headers }] of receiver.received.entries()) {
    const expected = twilioSignature(authToken, receiver.url, forms()[index] ?? {});
    expect(headers.get('x-twilio-signature')).toBe(expected);
  }
  await eventually(async () => (await get(`Calls/${sid}.json`)).body.price).toBe('-0.02800');
  const { body } = await get(`Calls/${sid}.json`);
  expect(body).toMatchObject({ status: 'completed', duration: '62' });
  expect(control.record(sid)).toMatchObject({
    durationMs: 61_200,
    reportedDurationMs: 62_000,
    costMicros: 28_000,
  });
});

test('the price is null until it is worked out', async () => {
  const { create, get, control } = await twilio({
    script: { talkMs: 5_000, processingMs: 86_400_000 },
  });
  const { sid } = await create();
  await eventually(() => control.record(sid)?.phase).toBe('ended');
  const { body } = await get(`Calls/${sid}.json`);
  expect(body).toMatchObject({ price: null, price_unit: 'USD', status: 'completed' });
});

test.each([
  ['busy', 'busy', '486'],
  ['no-answer', 'no-answer', undefined],
  ['failed', 'failed', '404'],
] as const)('a call that is %s says %s, lasts 0 and costs nothing', async (answer, status, sip) => {
  const { create, control } = await twilio({ script: { answer } });
  const { sid } = await create();
  await eventually(() => receiver.received.length).toBe(1);
  expect(forms()[0]).toMatchObject({ CallStatus: status, CallDuration: '0', SequenceNumber: '2' });
  expect(forms()[0]?.SipResponseCode).toBe(sip);
  expect(control.record(sid)).toMatchObject({ costMicros: 0, reason: status });
});

test('it rings no longer than Timeout, and talks no longer than TimeLimit', async () => {
  const { create, control } = await twilio({ script: { ringMs: 40_000, talkMs: 600_000 } });
  const unanswered = await create([['Timeout', '10']], '+14155550001');
  const limited = await create([['TimeLimit', '30']], '+14155550002');
  await eventually(() => control.counts().open).toBe(0);
  expect(control.record(unanswered.sid)).toMatchObject({ endedBy: 'no-answer', durationMs: 0 });
  expect(control.record(limited.sid)).toMatchObject({ endedBy: 'cap', durationMs: 30_000 });
});

test('TimeLimit may be raised and lowered while the call lives', async () => {
  const { create, post, live, control } = await twilio({
    scale: 20,
    script: { queueMs: 0, ringMs: 0, talkMs: 9_000_000 },
  });
  const { sid } = await create([['TimeLimit', '2000']]);
  await live(sid);
  expect((await post(`Calls/${sid}.json`, [['TimeLimit', '4000']])).status).toBe(200);
  control.advance(4_000_000);
  await eventually(() => control.record(sid)?.phase).toBe('ended');
  expect(control.record(sid)?.durationMs).toBe(4_000_000);
  const other = await create([], '+14155550002');
  await live(other.sid);
  await eventually(() => control.record(other.sid)?.durationMs).toBeGreaterThan(2_000);
  await post(`Calls/${other.sid}.json`, [['TimeLimit', '1']]);
  await eventually(() => control.record(other.sid)?.endedBy).toBe('cap');
});

test('completed ends a live call; canceled only one that rings; neither one that is over', async () => {
  const { create, post, live, control } = await twilio({
    scale: 20,
    script: { talkMs: 3_000_000 },
  });
  const { sid } = await create();
  await live(sid);
  const path = `Calls/${sid}.json`;
  expect((await post(path, [['Status', 'canceled']])).body.status).toBe('in-progress');
  expect((await post(path, [['Status', 'completed']])).body.status).toBe('completed');
  expect(control.record(sid)?.endedBy).toBe('pushed');
  const late = await post(path, [['Status', 'completed']]);
  expect(late).toMatchObject({ status: 400, body: { code: 21_220 } });
  control.script('+14155550002', { ringMs: 3_000_000 });
  const ringing = await create([['Timeout', '600']], '+14155550002');
  const canceled = await post(`Calls/${ringing.sid}.json`, [['Status', 'canceled']]);
  expect(canceled.body.status).toBe('canceled');
});

test('a hang-up refused three times works the fourth time', async () => {
  const { create, post, live } = await twilio({
    scale: 20,
    script: { talkMs: 3_000_000, faults: { hangUps: { refused: 3 } } },
  });
  const { sid } = await create();
  await live(sid);
  const statuses = [];
  for (let push = 0; push < 4; push += 1) {
    statuses.push((await post(`Calls/${sid}.json`, [['Status', 'completed']])).status);
  }
  expect(statuses).toEqual([503, 503, 503, 200]);
});

test('requests that Twilio would refuse are refused', async () => {
  const { create, post, stranger } = await twilio();
  expect((await stranger('Calls.json')).status).toBe(401);
  expect((await create([['TimeLimit', '14401']])).status).toBe(400);
  const remote = [['StatusCallback', 'https://example.com/']] as const;
  const fields = [
    ['To', '+14155550987'],
    ['From', '+14155550142'],
    ['Twiml', 'x'],
  ] as const;
  expect((await post('Calls.json', [...fields, ...remote])).status).toBe(400);
  expect((await post('Calls.json', fields.slice(0, 2))).body.code).toBe(21_205);
});

test('the list is paged, newest first, and filtered by start time', async () => {
  const { create, get, control } = await twilio({ script: { ringMs: 2_000, talkMs: 1_000 } });
  const sids = [];
  for (let call = 0; call < 5; call += 1)
    sids.unshift((await create([], `+1415555000${call}`)).sid);
  await eventually(() => control.counts().open).toBe(0);
  const seen: unknown[] = [];
  let next: string | null = 'Calls.json?PageSize=2';
  while (next !== null) {
    const { body } = await get(next);
    seen.push(...(body.calls as { sid: string }[]).map(({ sid }) => sid));
    next = body.next_page_uri as string | null;
  }
  expect(seen).toEqual(sids);
  const starts = control.records().map(({ startedAtMs }) => startedAtMs ?? 0);
  const after = new Date(Math.max(...starts) + 1_000).toISOString();
  const from = new Date(Math.floor(Math.min(...starts) / 1_000) * 1_000).toISOString();
  const count = async (query: string) => {
    const { body } = await get(`Calls.json?${query}`);
    return (body.calls as unknown[]).length;
  };
  expect(await count(new URLSearchParams({ 'StartTime>': from }).toString())).toBe(5);
  expect(await count(new URLSearchParams({ 'StartTime>': after }).toString())).toBe(0);
  expect(await count(new URLSearchParams({ 'StartTime<': after }).toString())).toBe(5);
  expect(await count(new URLSearchParams({ To: '+14155550003' }).toString())).toBe(1);
});
