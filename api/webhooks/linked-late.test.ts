/** A call whose provider is told only by its link, at a provider that cannot be asked. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallsDesk, callsDesk, MINUTE } from './test/calls-desk.ts';

let desk: CallsDesk;
beforeAll(async () => {
  // Nobody listens at the provider's address.
  desk = await callsDesk({ VAPI_API_KEY: 'vapi-key-of-the-test-0123456789' });
});
afterAll(() => desk.app.stop());

test('it is not given up by time: after its ringing it counts as live, and is estimated', async () => {
  const call_policy = { ring_timeout_seconds: 5 };
  const { organizationId, walletId } = await desk.payer(10 * MINUTE, { call_policy });
  const callId = desk.newId();
  expect((await desk.authorize(organizationId, { call_id: callId })).status).toBe(201);
  const at = (verb: string) => `/v1/calls/${callId}${verb}?organization_id=${organizationId}`;
  const link = { provider: 'vapi', provider_call_id: 'linked-late' };
  expect((await desk.post(at('/link'), link)).status).toBe(200);
  const call = async () => (await desk.app.request('GET', at(''))).body;
  await expect.poll(async () => (await call()).state, { timeout: 60_000 }).not.toBe('authorized');
  expect(await call()).toMatchObject({ state: 'live', estimated: true });
  expect((await desk.state(walletId)).held_micros).toBeGreaterThan(0);
}, 180_000);
