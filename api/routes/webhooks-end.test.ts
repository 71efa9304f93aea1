/** The end of a call in all its forms, and status checks at the webhooks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import { retellMessage, sendRetell, sendVapi, vapiMessage } from '../webhooks/test/messages.ts';
import { DEPOSIT, type Stage, stage, TALK_MICROS } from '../webhooks/test/stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

describe('the end of a call', () => {
  test('nobody authorized it: it is charged directly, once', async () => {
    const told = await on.story();
    const report = vapiMessage('end-of-call-report.completed', told);
    await Promise.all([
      sendVapi(on.app, report),
      sendVapi(on.app, report),
      sendVapi(on.app, report),
    ]);
    await on.expectCharged(told, told.providerCallId);
  });

  test('nobody answered: nothing is taken', async () => {
    const told = await on.story();
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(on.app, vapiMessage('end-of-call-report.no-answer', told));
    const call = await on.get(`/v1/calls/${told.providerCallId}`);
    expect(call).toMatchObject({ captured_micros: 0, outcome: 'no_answer' });
    expect(await on.get(`/v1/wallets/${told.walletId}`)).toMatchObject({
      posted_micros: DEPOSIT,
      held_micros: 0,
    });
  });

  test('an unknown reason is settled by time', async () => {
    const told = await on.story();
    const unknown = { disconnection_reason: 'solar_flare' };
    const message = retellMessage('call_ended.user_hangup', told, unknown);
    expect((await sendRetell(on.app, message)).status).toBe(200);
    await on.expectCharged(told, told.providerCallId);
  });

  test('without a report captures, and the report that comes after all corrects it', async () => {
    const told = await on.story();
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(on.app, vapiMessage('status-update.in-progress', told));
    const early = { ...told, durationMs: 100_000 };
    await sendVapi(on.app, vapiMessage('status-update.ended', early));
    expect(await on.get(`/v1/calls/${told.providerCallId}`)).toMatchObject({
      state: 'captured',
      captured_micros: 100 * SECOND,
    });
    await sendVapi(on.app, vapiMessage('end-of-call-report.completed', told));
    expect(await on.get(`/v1/calls/${told.providerCallId}`)).toMatchObject({
      captured_micros: TALK_MICROS,
    });
    expect(await on.get(`/v1/wallets/${told.walletId}`)).toMatchObject({
      posted_micros: DEPOSIT - TALK_MICROS,
    });
  });

  test("a caller's end is corrected by the provider's report, not the other way round", async () => {
    const told = await on.story();
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    const end = (duration_seconds: number) =>
      on.app.request('POST', `/v1/calls/${told.providerCallId}/end`, {
        body: { duration_seconds },
      });
    await end(10);
    await sendVapi(on.app, vapiMessage('end-of-call-report.completed', told));
    const late = await end(10);
    expect(late.body).toMatchObject({ captured_micros: TALK_MICROS });
  });

  test('a lost start is made up for by any sign of life', async () => {
    const told = await on.story({ startedAtMs: Date.now() - 20_000 });
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(on.app, vapiMessage('conversation-update', told));
    const call = await on.get(`/v1/calls/${told.providerCallId}`);
    expect(call).toMatchObject({
      state: 'live',
      started_at: new Date(told.startedAtMs).toISOString(),
    });
    expect(call.granted_seconds).toBeGreaterThanOrEqual(95);
  });

  test('a signed report of 2 MiB is captured; one beyond 16 MiB is 413', async () => {
    const told = await on.story();
    const long = { transcript: 'x'.repeat(2 * 1024 * 1024) };
    const report = vapiMessage('end-of-call-report.completed', told, long);
    expect((await sendVapi(on.app, report)).status).toBe(200);
    await on.expectCharged(told, told.providerCallId);
    const huge = await sendVapi(on.app, { message: { transcript: 'x'.repeat(17 * 1024 * 1024) } });
    expect(huge.status).toBe(413);
  });
});

describe('status checks at the webhooks', () => {
  test('take our own form, and the provider id as well as ours', async () => {
    const told = await on.story();
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    const body = { call_id: told.providerCallId, elapsed_seconds: 30 };
    const check = await sendVapi(on.app, body, '/webhooks/vapi/status-check');
    expect(check.status).toBe(200);
    expect(check.body).toMatchObject({ endCall: false, final: false });
    const named = { ...body, organization_id: told.organizationId };
    const again = await sendRetell(on.app, named, '/webhooks/retell/status-check');
    expect(again.body).toMatchObject({ endCall: false });
    const unknown = await sendVapi(on.app, { call_id: 'nobody' }, '/webhooks/vapi/status-check');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({ endCall: true, reason: 'call_not_found' });
    const nonsense = await sendVapi(on.app, { call: 1 }, '/webhooks/vapi/status-check');
    expect(nonsense.status).toBe(400);
  });

  test("a tool call gets its answer in Vapi's form, and ends the call when the money is gone", async () => {
    const told = await on.story({ startedAtMs: Date.now() - 30_000 });
    await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    const tick = vapiMessage('tool-calls.time-elapsed-tick', told);
    expect((await sendVapi(on.app, tick)).body).toEqual({
      results: [{ name: 'ringfence_tick', toolCallId: 'call_8Kf0cQ1w5Yb2mR7t', result: 'ok' }],
    });
    const end = { call_id: told.providerCallId, elapsed_seconds: 1000 };
    await sendVapi(on.app, end, '/webhooks/vapi/status-check');
    const last = await sendVapi(on.app, tick, '/webhooks/vapi/status-check');
    expect(last.body).toMatchObject({
      endCall: true,
      reason: 'insufficient_funds',
      results: [{ result: 'balance exhausted', message: { endCallAfterSpokenEnabled: true } }],
    });
  });

  test('a Retell custom function is answered too', async () => {
    const told = await on.story({ startedAtMs: Date.now() - 30_000 });
    const call_id = told.providerCallId;
    await on.app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId, provider: 'retell' },
    });
    const answer = await sendRetell(on.app, retellMessage('custom_function.request', told));
    expect(answer.body).toMatchObject({ endCall: false, final: false });
  });
});
