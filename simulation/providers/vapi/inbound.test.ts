import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { at, type Receiver, startReceiver } from '../test/receiver.ts';
import { startVapi } from './start.ts';

const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function control() {
  const simulator = await startVapi({
    apiKey: 'key',
    authentication: { type: 'none' },
    webhookUrl: receiver.url,
    seed: 3,
    scale: 500,
  });
  stops.push(simulator.stop);
  return simulator.control;
}

const message = (index: number) =>
  at(JSON.parse(receiver.received[index]?.body ?? '{}'), 'message');

test('an inbound call that is let in runs under the limit it was given', async () => {
  receiver.answer = () => ({
    status: 200,
    body: { assistantId: 'a', assistantOverrides: { maxDurationSeconds: 20, metadata: { x: 1 } } },
  });
  const { inbound, record } = await control();
  const { accepted, callId } = await inbound({ from: '+14155550987' });
  expect(accepted).toBe(true);
  expect(message(0)).toMatchObject({ type: 'assistant-request', call: { status: 'ringing' } });
  expect(at(message(0), 'call', 'assistantId')).toBeUndefined();
  await eventually(() => record(callId)?.endedBy).toBe('cap');
  expect(record(callId)).toMatchObject({
    direction: 'inbound',
    durationMs: 20_000,
    metadata: { x: 1 },
  });
});

test.each([
  [{ status: 200, body: { error: 'No credit.' } }, 'assistant-request-returned-error'],
  [{ status: 200, body: {} }, 'assistant-request-returned-no-assistant'],
  [{ status: 500, body: {} }, 'assistant-request-failed'],
  [
    { status: 200, body: { assistantId: 'a', assistantOverrides: { maxDurationSeconds: 1 } } },
    'assistant-request-returned-invalid-assistant',
  ],
  [
    { status: 200, body: { destination: { type: 'number', number: '+14155550111' } } },
    'assistant-request-returned-forwarding-phone-number',
  ],
])('an inbound call answered with %o is not taken: %s', async (answer, reason) => {
  receiver.answer = () => answer;
  const { inbound, record } = await control();
  const result = await inbound({ from: '+14155550987' });
  expect(result).toMatchObject({ accepted: false, reason });
  expect(record(result.callId)).toMatchObject({ startedAtMs: undefined, costMicros: 0, reason });
});

test('a campaign only calls who is eligible', async () => {
  const { predial, records } = await control();
  const contact = { campaignId: 'campaign', number: '+14155550987' };
  expect(await predial(contact)).toEqual({ eligible: false, callId: undefined });
  receiver.answer = () => ({ status: 200, body: { eligible: 'true' } });
  expect((await predial(contact)).eligible).toBe(false);
  expect(records()).toEqual([]);
  receiver.answer = () => ({ status: 200, body: { eligible: true } });
  const { callId } = await predial(contact);
  expect(records().map(({ providerCallId }) => providerCallId)).toEqual([callId]);
  expect(message(0)).toMatchObject({ type: 'campaign.predial', campaignId: 'campaign' });
});
