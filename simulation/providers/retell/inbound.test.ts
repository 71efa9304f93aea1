import Retell from 'retell-sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { at, type Receiver, startReceiver } from '../test/receiver.ts';
import type { RetellOptions } from './call.ts';
import { startRetell } from './start.ts';

const apiKey = 'key_simulated';
const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function control(options: Partial<RetellOptions> = {}) {
  const simulator = await startRetell({
    apiKey,
    webhookUrl: receiver.url,
    seed: 4,
    scale: 1_000,
    script: { talkMs: 600_000, turnEveryMs: 0 },
    ...options,
  });
  stops.push(simulator.stop);
  return simulator.control;
}

test('an inbound call that is let in runs under the limit it was given', async () => {
  const agent = { max_call_duration_ms: 60_000 };
  const granted = { override_agent_id: 'agent_x', agent_override: { agent }, metadata: { a: 1 } };
  receiver.answer = () => ({ status: 200, body: { call_inbound: granted } });
  const { inbound, record } = await control();
  const { accepted, callId = '' } = await inbound({ from: '+14155550987' });
  expect(accepted).toBe(true);
  const [asked] = receiver.received;
  expect(at(JSON.parse(asked?.body ?? ''), 'call_inbound', 'call_id')).toBe(callId);
  const signature = asked?.headers.get('x-retell-signature') ?? '';
  expect(await Retell.verify(asked?.body ?? '', apiKey, signature)).toBe(true);
  await eventually(() => record(callId)?.endedBy).toBe('cap');
  expect(record(callId)).toMatchObject({ durationMs: 60_000, metadata: { a: 1 } });
});

test('a rejected call leaves no trace', async () => {
  receiver.answer = () => ({ status: 200, body: { call_inbound: { reject: true } } });
  const { inbound, records } = await control({ inboundAgentId: 'agent_bound' });
  expect((await inbound({ from: '+14155550987' })).accepted).toBe(false);
  expect(records()).toEqual([]);
});

test('reject must be a boolean, and overrides must be in bounds', async () => {
  const { inbound } = await control({ inboundAgentId: 'agent_bound' });
  const agent = { max_call_duration_ms: 1 };
  receiver.answer = () => ({ status: 200, body: { call_inbound: { agent_override: { agent } } } });
  expect((await inbound({ from: '+14155550987' })).accepted).toBe(false);
  receiver.answer = () => ({ status: 200, body: {} });
  expect((await inbound({ from: '+14155550987' })).accepted).toBe(true);
});

test('a dead webhook is asked four times; then the bound agent decides', async () => {
  receiver.answer = () => ({ status: 500 });
  const unbound = await control();
  expect((await unbound.inbound({ from: '+14155550987' })).accepted).toBe(false);
  expect(receiver.received).toHaveLength(4);
  const bound = await control({ inboundAgentId: 'agent_bound' });
  expect((await bound.inbound({ from: '+14155550987' })).accepted).toBe(true);
});
