import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Faults } from '../exchange/faults.ts';
import { startRetell } from '../retell/start.ts';
import { eventually } from '../test/eventually.ts';
import { at, type Receiver, startReceiver } from '../test/receiver.ts';

const apiKey = 'key_simulated';
const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** @param scale low where a live call is looked at, so that it outlives a machine that stands still */
async function retell(faults: Faults, { seed = 1, scale = 500 } = {}) {
  const simulator = await startRetell({
    apiKey,
    webhookUrl: receiver.url,
    seed,
    scale,
    faults,
    script: { turnEveryMs: 0, talkMs: 3_000_000 },
  });
  stops.push(simulator.stop);
  /** The status, or the word for what happened instead of an answer. */
  const create = async (to = '+14155550987', signal?: AbortSignal): Promise<number | string> => {
    const body = JSON.stringify({ from_number: '+14155550142', to_number: to });
    try {
      const url = `${simulator.url}/v2/create-phone-call`;
      const response = await fetch(url, { method: 'POST', headers, body, signal: signal ?? null });
      await response.json();
      return response.status;
    } catch (error) {
      return error instanceof Error && error.name === 'AbortError' ? 'silence' : 'broken';
    }
  };
  return { ...simulator, create, calls: () => simulator.control.records().length };
}

test.each([
  ['errorBefore', 503, 0],
  ['errorAfter', 503, 1],
  ['resetBefore', 'broken', 0],
  ['resetAfter', 'broken', 1],
  ['truncated', 'broken', 1],
] as const)('%s: the caller gets %s, and %i call was made', async (fault, answer, calls) => {
  const simulator = await retell({ requests: { create: { [fault]: 1 } } });
  expect(await simulator.create()).toBe(answer);
  expect(simulator.calls()).toBe(calls);
});

test('timeout: nothing is answered, and the call was made', async () => {
  const { url, create, calls } = await retell({ requests: { create: { timeout: 1 } } });
  const waiting = new AbortController();
  let answered = false;
  const creating = create('+14155550987', waiting.signal).finally(() => {
    answered = true;
  });
  await eventually(calls).toBe(1);
  // What is asked after it is answered before it.
  for (let later = 0; later < 3; later += 1) {
    expect((await fetch(`${url}/simulation/counts`)).status).toBe(200);
  }
  expect(answered).toBe(false);
  waiting.abort();
  expect(await creating).toBe('silence');
});

test('latency comes before the effect', async () => {
  const { create, calls } = await retell({ requests: { '*': { latencyMs: [200, 250] } } });
  const before = performance.now();
  const creating = create();
  expect(calls()).toBe(0);
  expect(await creating).toBe(201);
  expect(performance.now() - before).toBeGreaterThanOrEqual(195);
});

test('a push is noted when it arrives, even if a fault keeps it from having any effect', async () => {
  const { url, create, control } = await retell({}, { scale: 50 });
  await create();
  await eventually(() => control.counts().live).toBe(1);
  const id = control.records()[0]?.providerCallId ?? '';
  const stop = () => fetch(`${url}/v2/stop-call/${id}`, { method: 'POST', headers });
  control.setFaults({ requests: { 'hang-up': { errorBefore: 1 } } });
  expect((await stop()).status).toBe(503);
  control.setFaults({ requests: { 'hang-up': { latencyMs: [300, 300] } } });
  const before = Date.now();
  expect((await stop()).status).toBe(204);
  const record = control.record(id);
  expect(record?.pushes.map(({ verdict }) => verdict)).toEqual(['refused', 'obeyed']);
  const arrivedMs = record?.pushes[1]?.receivedWallMs ?? 0;
  expect(arrivedMs).toBeGreaterThanOrEqual(before);
  const endedAfterMs = (record?.endedAtMs ?? 0) - (record?.pushes[1]?.receivedAtMs ?? 0);
  expect(endedAfterMs).toBeGreaterThanOrEqual(300 * 50 - 50);
});

test('the faults of a number win over those of the server', async () => {
  const { create, control } = await retell({ requests: { '*': { errorBefore: 1 } } });
  control.script('+14155550001', { faults: { requests: { create: { errorBefore: 0 } } } });
  expect(await create('+14155550001')).toBe(201);
  expect(await create('+14155550002')).toBe(503);
  control.setFaults({});
  expect(await create('+14155550002')).toBe(201);
});

test('the same seed makes the same calls fail, another one others', async () => {
  const outcome = async (seed: number) => {
    const { create, control } = await retell(
      { requests: { create: { errorAfter: 0.5 } } },
      { seed },
    );
    const statuses: unknown[] = [];
    for (let call = 0; call < 24; call += 1) statuses.push(await create(`+141555500${10 + call}`));
    return { statuses, ids: control.records().map(({ providerCallId }) => providerCallId) };
  };
  const first = await outcome(42);
  expect(new Set(first.statuses)).toEqual(new Set([201, 503]));
  expect(await outcome(42)).toEqual(first);
  expect((await outcome(43)).statuses).not.toEqual(first.statuses);
});

const events = () => receiver.received.map(({ body }) => at(JSON.parse(body), 'event'));

test('lost webhooks are never sent, and the record says so', async () => {
  const { create, control } = await retell({ webhooks: { call_ended: { lost: 1 } } });
  control.usualScript({ turnEveryMs: 0, talkMs: 40_000, processingMs: 40_000 });
  await create();
  await eventually(() => events().sort()).toEqual(['call_analyzed', 'call_started']);
  // The receiver has an event a moment before its sender has the answer.
  const outcomes = () =>
    control.records()[0]?.deliveries.map(({ event, outcome }) => [event, outcome]);
  await eventually(outcomes).toEqual([
    ['call_started', 'delivered'],
    ['call_ended', 'lost'],
    ['call_analyzed', 'delivered'],
  ]);
});

test('duplicates are the same bytes twice', async () => {
  const { create, control } = await retell({ webhooks: { '*': { duplicate: 1 } } });
  control.usualScript({ turnEveryMs: 0, talkMs: 40_000, processingMs: 40_000 });
  await create();
  await eventually(() => events().sort()).toEqual(
    ['call_analyzed', 'call_ended', 'call_started'].flatMap((event) => [event, event]),
  );
  const ended = receiver.received.filter(({ body }) => body.includes('"event":"call_ended"'));
  expect(ended[0]?.body).toBe(ended[1]?.body);
});

test('disorder lets later events overtake; delay holds an event back', async () => {
  const late = { disorder: 1, disorderMs: [200_000, 200_000] as [number, number] };
  // In real time, moved on by hand: what is held back stays so until then.
  const { create, control } = await retell({ webhooks: { call_started: late } }, { scale: 1 });
  control.usualScript({ turnEveryMs: 0, talkMs: 40_000, processingMs: 40_000 });
  await create();
  control.advance(5_000);
  await eventually(() => control.counts().live).toBe(1);
  control.advance(80_000);
  await eventually(() => events().sort()).toEqual(['call_analyzed', 'call_ended']);
  control.advance(200_000);
  await eventually(() => events().sort()).toEqual(['call_analyzed', 'call_ended', 'call_started']);
  const delayMs: [number, number] = [150_000, 150_000];
  control.setFaults({ webhooks: { call_ended: { delayMs } } });
  receiver.received.length = 0;
  await create();
  control.advance(90_000);
  await eventually(() => events().sort()).toEqual(['call_analyzed', 'call_started']);
  control.advance(150_000);
  await eventually(() => events().sort()).toEqual(['call_analyzed', 'call_ended', 'call_started']);
});

test('faults and scripts that make no sense are refused', async () => {
  const { url, control } = await retell({});
  expect(() => control.setFaults({ requests: { create: { timeout: 2 } } })).toThrow();
  expect(() => control.usualScript({ talkMs: [9, 1] })).toThrow();
  const response = await fetch(`${url}/simulation/faults`, { method: 'POST', body: '{"what":1}' });
  expect(response.status).toBe(400);
});
