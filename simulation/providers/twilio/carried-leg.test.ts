import { afterEach, expect, test } from 'vitest';
import { startRetell } from '../retell/start.ts';
import { eventually } from '../test/eventually.ts';
import { startVapi } from '../vapi/start.ts';
import { twilioWithClient } from './test/client.ts';

const script = { talkMs: 3_000_000, turnEveryMs: 0 };
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Both providers over one Twilio account, each with one live call. */
async function carried(provider: 'vapi' | 'retell') {
  const twilio = await twilioWithClient({ scale: 50 });
  const carrier = twilio.control;
  const common = { apiKey: 'key', carrier, script, seed: 1, scale: 50 };
  const simulator =
    provider === 'vapi'
      ? await startVapi({ ...common, authentication: { type: 'none' } })
      : await startRetell(common);
  stops.push(twilio.stop, simulator.stop);
  const [path, body] =
    provider === 'vapi'
      ? ['/call', { assistantId: 'a', phoneNumberId: 'n', customer: { number: '+14155550987' } }]
      : ['/v2/create-phone-call', { from_number: '+14155550142', to_number: '+14155550987' }];
  const overrides =
    provider === 'vapi' ? { assistantOverrides: { maxDurationSeconds: 43_200 } } : {};
  await fetch(simulator.url + path, {
    method: 'POST',
    headers: { authorization: 'Bearer key' },
    body: JSON.stringify({ ...body, ...overrides }),
  });
  const record = () => simulator.control.records()[0];
  const leg = () => twilio.control.records()[0];
  await eventually(() => record()?.phase).toBe('live');
  return { twilio, simulator, record, leg };
}

test.each([
  ['vapi', 'call.in-progress.twilio-completed-call'],
  ['retell', 'user_hangup'],
] as const)('ending the Twilio leg ends the %s call as %s', async (provider, reason) => {
  const { twilio, record, leg } = await carried(provider);
  const sid = leg()?.providerCallId ?? '';
  expect((await twilio.get(`Calls/${sid}.json`)).body.status).toBe('in-progress');
  expect((await twilio.post(`Calls/${sid}.json`, [['Status', 'completed']])).status).toBe(200);
  expect(record()).toMatchObject({ phase: 'ended', endedBy: 'carrier', reason });
  expect(leg()).toMatchObject({ endedBy: 'pushed', startedAtMs: record()?.startedAtMs });
});

test('ending the call ends its Twilio leg', async () => {
  const { simulator, record, leg } = await carried('retell');
  await fetch(`${simulator.url}/v2/stop-call/${record()?.providerCallId}`, {
    method: 'POST',
    headers: { authorization: 'Bearer key' },
  });
  expect(leg()).toMatchObject({ phase: 'ended', endedAtMs: record()?.endedAtMs });
});
