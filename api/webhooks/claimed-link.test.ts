/** Somebody links the id of a stranger's call to a call of its own, before the stranger's is known. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiKey } from '../test/tenants.ts';
import { type CallsDesk, callsDesk, MINUTE, SECOND } from './test/calls-desk.ts';
import { sendVapi, VAPI_SECRET, vapiMessage } from './test/messages.ts';

const DEPOSIT = 100 * MINUTE;
const OWN_SECRET = 'a-secret-of-the-owner-itself-0123';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk({ VAPI_WEBHOOK_SECRET: VAPI_SECRET });
});
afterAll(() => desk.app.stop());

async function caller() {
  const { organizationId, walletId } = await desk.payer(DEPOSIT);
  const callId = desk.newId();
  await desk.authorize(organizationId, { call_id: callId, provider: 'vapi' });
  const at = (verb: string) => `/v1/calls/${callId}${verb}?organization_id=${organizationId}`;
  return {
    organizationId,
    callId,
    link: (providerCallId: string) =>
      desk.post(at('/link'), { provider: 'vapi', provider_call_id: providerCallId }),
    call: async () => (await desk.app.request('GET', at(''))).body,
    async reach() {
      const { sessions } = desk.app.core.desk;
      const place = await sessions.identify(organizationId, callId);
      if (place === undefined) throw new Error('no call');
      return (await sessions.reach(place, true))?.providerCallId;
    },
    taken: async () => DEPOSIT - Number((await desk.state(walletId)).posted_micros),
  };
}

/** A claim, and what Vapi says about the call, in whose metadata its owner is named. */
async function claimed() {
  const [thief, owner] = await Promise.all([caller(), caller()]);
  const providerCallId = `at-vapi-of-${owner.callId}`;
  expect((await thief.link(providerCallId)).status).toBe(200);
  const story = { providerCallId, startedAtMs: Date.now() - 60_000, durationMs: 60_000 };
  const told = (name: string) =>
    vapiMessage(name, { ...story, organizationId: owner.organizationId, callId: owner.callId });
  return { thief, owner, providerCallId, told };
}

test("the platform's provider names the owner: the call is the owner's, and the claim is gone", async () => {
  const { thief, owner, providerCallId, told } = await claimed();
  await sendVapi(desk.app, told('status-update.in-progress'));
  expect(await owner.call()).toMatchObject({ state: 'live' });
  expect(await thief.call()).toMatchObject({ state: 'authorized' });
  await expect.poll(() => owner.reach(), { timeout: 60_000 }).toBe(providerCallId);
  await expect.poll(() => thief.reach(), { timeout: 60_000 }).toBeUndefined();
  expect((await owner.link(providerCallId)).status).toBe(200);
  expect((await thief.link(providerCallId)).status).toBe(409);
  await sendVapi(desk.app, told('end-of-call-report.completed'));
  expect([await owner.taken(), await thief.taken()]).toEqual([60 * SECOND, 0]);
});

test('its report alone is enough', async () => {
  const { thief, owner, told } = await claimed();
  await sendVapi(desk.app, told('end-of-call-report.completed'));
  expect([await owner.taken(), await thief.taken()]).toEqual([60 * SECOND, 0]);
});

test("under the owner's own secret it means the owner's call, whoever claims the id", async () => {
  const { thief, owner, told } = await claimed();
  const key = await apiKey(desk.app, 'organization', owner.organizationId);
  const body = { webhook_secrets: [OWN_SECRET] };
  await desk.app.request('PUT', '/v1/provider_credentials/vapi', { key, body });
  const sent = await desk.app.request('POST', '/webhooks/vapi', {
    raw: JSON.stringify(told('end-of-call-report.completed')),
    headers: { authorization: `Bearer ${OWN_SECRET}` },
  });
  expect(sent).toMatchObject({ status: 200, body: { applied: true } });
  expect([await owner.taken(), await thief.taken()]).toEqual([60 * SECOND, 0]);
});

test('a message that names nobody means the call that its id was linked to', async () => {
  const linked = await caller();
  const providerCallId = `at-vapi-of-${linked.callId}`;
  expect((await linked.link(providerCallId)).status).toBe(200);
  const story = { providerCallId, startedAtMs: Date.now() - 60_000, durationMs: 60_000 };
  const nobody = vapiMessage('end-of-call-report.completed', { ...story, organizationId: '' });
  await sendVapi(desk.app, nobody);
  expect(await linked.taken()).toBe(60 * SECOND);
});
