/** An organization's own secret is its own word: it does not outrank the platform's account. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiKey } from '../test/tenants.ts';
import { type CallsDesk, callsDesk, MINUTE } from './test/calls-desk.ts';
import { sendVapi, VAPI_SECRET, vapiMessage } from './test/messages.ts';

const OWN_SECRET = 'a-secret-of-the-organization-itself';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk({ VAPI_WEBHOOK_SECRET: VAPI_SECRET });
});
afterAll(() => desk.app.stop());

async function authorized() {
  const { organizationId, walletId } = await desk.payer(100 * MINUTE);
  const key = await apiKey(desk.app, 'organization', organizationId);
  const put = await desk.app.request('PUT', '/v1/provider_credentials/vapi', {
    key,
    body: { webhook_secrets: [OWN_SECRET] },
  });
  expect(put.status).toBe(200);
  const callId = desk.newId();
  await desk.authorize(organizationId, { call_id: callId, provider: 'vapi' });
  const startedAtMs = Date.now() - 600_000;
  const minutes = (n: number) => {
    const durationMs = n * 60_000;
    const story = { organizationId, callId, providerCallId: `${callId}-at-vapi`, startedAtMs };
    return vapiMessage('end-of-call-report.completed', { ...story, durationMs });
  };
  const own = (body: unknown) =>
    desk.app.request('POST', '/webhooks/vapi', {
      raw: JSON.stringify(body),
      headers: { authorization: `Bearer ${OWN_SECRET}` },
    });
  const posted = async () => (await desk.state(walletId)).posted_micros;
  return { minutes, own, posted };
}

test("a call it reports as nothing is charged by the platform's report", async () => {
  const { minutes, own, posted } = await authorized();
  expect((await own(minutes(0))).body).toMatchObject({ applied: true });
  expect(await posted()).toBe(100 * MINUTE);
  await sendVapi(desk.app, minutes(10));
  expect(await posted()).toBe(90 * MINUTE);
});

test("and what the platform's report said stays", async () => {
  const { minutes, own, posted } = await authorized();
  await sendVapi(desk.app, minutes(10));
  expect((await own(minutes(0))).status).toBe(200);
  expect(await posted()).toBe(90 * MINUTE);
});
