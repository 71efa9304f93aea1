/** A call that nobody authorized is charged to one organization, whatever becomes of its binding. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallsDesk, callsDesk, MINUTE } from './test/calls-desk.ts';
import { sendVapi, VAPI_SECRET, vapiMessage } from './test/messages.ts';

let desk: CallsDesk;
beforeAll(async () => {
  desk = await callsDesk({ VAPI_WEBHOOK_SECRET: VAPI_SECRET });
});
afterAll(() => desk.app.stop());

/** Vapi's report of a minute with an assistant, without any metadata of ours. */
function reportOf(assistantId: string, providerCallId: string) {
  const startedAtMs = Date.now() - 60_000;
  const story = { organizationId: '', providerCallId, startedAtMs, durationMs: 60_000 };
  const { message } = vapiMessage('end-of-call-report.completed', story);
  const { call } = message as { call: object };
  const bare = { ...call, assistantId, assistantOverrides: {}, metadata: {} };
  return { message: { ...(message as object), call: bare } };
}

test('the report comes again after the assistant was bound to another organization', async () => {
  const [one, other] = [await desk.payer(10 * MINUTE), await desk.payer(10 * MINUTE)];
  const bind = (organizationId: string) =>
    desk.put('/v1/provider_bindings/vapi/assistant/moves', { organization_id: organizationId });
  const report = reportOf('moves', 'charged-once');
  await bind(one.organizationId);
  expect((await sendVapi(desk.app, report)).body).toMatchObject({ applied: true });
  await bind(other.organizationId);
  expect((await sendVapi(desk.app, report)).body).toMatchObject({ applied: true });
  expect(await desk.state(one.walletId)).toMatchObject({ posted_micros: 9 * MINUTE });
  expect(await desk.state(other.walletId)).toMatchObject({ posted_micros: 10 * MINUTE });
});
