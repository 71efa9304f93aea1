import Retell from 'retell-sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { at, type Receiver, startReceiver } from '../test/receiver.ts';
import type { RetellOptions } from './call.ts';
import { startRetell } from './start.ts';

const apiKey = 'key_simulated';
const numbers = { from_number: '+14155550142', to_number: '+14155550987' };
const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/**
 * The simulator behind Retell's own client. Where somebody looks at a live call its scale is low, so that
 * it outlives a machine that stands still for a while.
 */
async function retell(options: Partial<RetellOptions> = {}) {
  const simulator = await startRetell({
    apiKey,
    webhookUrl: receiver.url,
    seed: 11,
    scale: 200,
    ...options,
  });
  stops.push(simulator.stop);
  const client = new Retell({ apiKey, baseURL: simulator.url, maxRetries: 0 });
  const { record, records } = simulator.control;
  const live = (id: string) => eventually(() => record(id)?.phase).toBe('live');
  return { simulator, client, record, records, live };
}

const sent = () => receiver.received.map(({ body }): unknown => JSON.parse(body));
const events = () => sent().map((body) => at(body, 'event'));
/** What has arrived, in no order: each is sent at its moment and may overtake another on the way. */
const arrived = () => events().sort();
const event = (name: string) => sent().find((body) => at(body, 'event') === name);

test('a call is registered, started, ended, analyzed, and every webhook is signed', async () => {
  const { client, record } = await retell({
    script: { talkMs: 61_500, turnEveryMs: 0, processingMs: 6_000 },
  });
  const metadata = { ringfence_call_id: 'a' };
  const call = await client.call.createPhoneCall({ ...numbers, metadata });
  expect(call).toMatchObject({ call_status: 'registered', metadata, direction: 'outbound' });
  await eventually(arrived).toEqual(['call_analyzed', 'call_ended', 'call_started']);
  const sentInOrder = record(call.call_id)?.deliveries.map((delivery) => delivery.event);
  expect(sentInOrder).toEqual(['call_started', 'call_ended', 'call_analyzed']);
  for (const { body, headers } of receiver.received) {
    const signature = headers.get('x-retell-signature') ?? '';
    expect(await Retell.verify(body, apiKey, signature)).toBe(true);
    expect(await Retell.verify(`${body} `, apiKey, signature)).toBe(false);
    expect(await Retell.verify(body, 'another', signature)).toBe(false);
  }
  expect(at(event('call_ended'), 'call')).toMatchObject({
    duration_ms: 61_500,
    disconnection_reason: 'user_hangup',
    call_cost: { combined_cost: 13.95, total_duration_seconds: 62 },
  });
  expect(at(event('call_ended'), 'call', 'call_analysis')).toBeUndefined();
  expect(at(event('call_analyzed'), 'call', 'call_cost', 'combined_cost')).toBe(14.05);
  expect(record(call.call_id)).toMatchObject({ durationMs: 61_500, costMicros: 140_500 });
  const fetched = await client.call.retrieve(call.call_id);
  expect(fetched).toMatchObject({ call_status: 'ended', duration_ms: 61_500 });
});

test('a call nobody answers has no call_started, lasts 0 ms and costs nothing', async () => {
  const { client, records } = await retell({ script: { answer: 'no-answer', ringMs: 30_000 } });
  await client.call.createPhoneCall(numbers);
  await eventually(arrived).toEqual(['call_analyzed', 'call_ended']);
  expect(at(event('call_ended'), 'call')).toMatchObject({
    call_status: 'not_connected',
    disconnection_reason: 'dial_no_answer',
    duration_ms: 0,
    call_cost: { combined_cost: 0, product_costs: [] },
  });
  expect(records()[0]).toMatchObject({ durationMs: 0, costMicros: 0 });
});

test('a call ends at max_call_duration_ms, which has its bounds', async () => {
  const { client, records } = await retell({ script: { talkMs: 600_000, turnEveryMs: 0 } });
  const limited = (max_call_duration_ms: number) =>
    client.call.createPhoneCall({
      ...numbers,
      agent_override: { agent: { max_call_duration_ms } },
    });
  await expect(limited(59_999)).rejects.toThrow(/400/);
  await expect(limited(7_200_001)).rejects.toThrow(/400/);
  expect(records()).toEqual([]);
  await limited(60_000);
  await eventually(() => records()[0]?.phase).toBe('ended');
  expect(records()[0]).toMatchObject({ durationMs: 60_000, reason: 'max_duration_reached' });
});

test('stop-call ends a live call with 204; one that is over is 422', async () => {
  const { client, record, live } = await retell({ scale: 20, script: { talkMs: 3_000_000 } });
  const { call_id: id } = await client.call.createPhoneCall(numbers);
  await live(id);
  const stopped = await client.call.stop(id).asResponse();
  expect(stopped.status).toBe(204);
  expect(record(id)).toMatchObject({ endedBy: 'pushed', reason: 'manual_stopped' });
  await expect(client.call.stop(id)).rejects.toThrow(/422/);
  expect(record(id)?.pushes.map(({ verdict }) => verdict)).toEqual(['obeyed', 'too_late']);
});

test('a live call can be told something', async () => {
  const { client, record, live } = await retell({ scale: 20, script: { talkMs: 3_000_000 } });
  const { call_id: id } = await client.call.createPhoneCall(numbers);
  await live(id);
  await client.call.updateLive(id, {
    call_control: { additional_context: 'One minute is left.' },
    fields_to_override: { metadata: { told: true } },
  });
  expect(record(id)).toMatchObject({ metadata: { told: true }, phase: 'live' });
  expect(record(id)?.pushes[0]?.kind).toBe('update-live-call');
});

test('a wrong key is refused', async () => {
  const { simulator } = await retell();
  const stranger = new Retell({ apiKey: 'other', baseURL: simulator.url, maxRetries: 0 });
  await expect(stranger.call.createPhoneCall(numbers)).rejects.toThrow(/401/);
});

test('a webhook is tried four times, and no more once it is taken', async () => {
  receiver.answer = () => ({ status: receiver.received.length < 3 ? 500 : 204 });
  const { client, records, simulator } = await retell({ script: { talkMs: 1_000 } });
  const only = (...webhook_events: 'call_ended'[]) =>
    client.call.createPhoneCall({ ...numbers, agent_override: { agent: { webhook_events } } });
  await only('call_ended');
  await eventually(() => records()[0]?.deliveries[0]?.outcome).toBe('delivered');
  expect(receiver.received).toHaveLength(3);
  receiver.answer = () => ({ status: 500 });
  await only('call_ended');
  await eventually(() => records()[1]?.deliveries[0]?.outcome).toBe('failed');
  expect(receiver.received).toHaveLength(3 + 4);
  expect(simulator.control.counts().webhooks).toMatchObject({ delivered: 1, failed: 1 });
});

test('a bridged transfer ends the agent and is paid until the people part', async () => {
  const { client, record } = await retell({
    scale: 50,
    script: { turnEveryMs: 0, transfer: { afterMs: 20_000, bridged: true, lastsMs: 30_000 } },
  });
  const webhook_events = [
    'call_ended',
    'transfer_started',
    'transfer_bridged',
    'transfer_ended',
  ] as const;
  const { call_id: id } = await client.call.createPhoneCall({
    ...numbers,
    agent_override: { agent: { webhook_events: [...webhook_events] } },
  });
  await eventually(arrived).toEqual([...webhook_events].sort());
  expect(record(id)?.deliveries.map((delivery) => delivery.event)).toEqual([
    'transfer_started',
    'transfer_bridged',
    'call_ended',
    'transfer_ended',
  ]);
  expect(record(id)).toMatchObject({ endedBy: 'transferred', durationMs: 23_500 });
  const call = await client.call.retrieve(id);
  const legs = at(call, 'call_cost', 'product_costs') as { is_transfer_leg_cost?: boolean }[];
  expect(legs.filter((leg) => leg.is_transfer_leg_cost)).toHaveLength(1);
  expect(record(id)?.costMicros).toBe(24 * 2_250 + 1_000 + 31 * 250);
});

test('a custom function asks again and again, signed, until its answer ends the call', async () => {
  receiver.answer = ({ body }) => {
    const ticks = receiver.received.filter((request) => at(JSON.parse(request.body), 'name'));
    const endCall = at(JSON.parse(body), 'name') === 'tick' && ticks.length >= 3;
    return { status: 200, body: { endCall } };
  };
  const { client, records } = await retell({
    scale: 50,
    script: { talkMs: 3_000_000, turnEveryMs: 0, functionCalls: { name: 'tick', everyMs: 10_000 } },
  });
  await client.call.createPhoneCall(numbers);
  await eventually(() => records()[0]?.endedBy).toBe('assistant');
  const [tick] = receiver.received.filter(({ body }) => at(JSON.parse(body), 'name') === 'tick');
  expect(at(JSON.parse(tick?.body ?? ''), 'call', 'call_status')).toBe('ongoing');
  const signature = tick?.headers.get('x-retell-signature') ?? '';
  expect(await Retell.verify(tick?.body ?? '', apiKey, signature)).toBe(true);
});
