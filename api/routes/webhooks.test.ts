/** Provider messages over HTTP: twice, in every order, lost and unknown, one call is charged once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import {
  RETELL_KEY,
  retellInbound,
  retellMessage,
  type Story,
  sendRetell,
  sendVapi,
  VAPI_SECRET,
  vapiMessage,
} from '../webhooks/test/messages.ts';

/** $0.60 a minute at 1/1: a second costs 10,000 micros. */
const SECOND = 10_000;
const MINUTE = 60 * SECOND;
/** What the samples say: 137.421 s is billed as 138 s. */
const TALK_MS = 137_421;
const TALK_MICROS = 138 * SECOND;

let app: TestApplication;
beforeAll(async () => {
  app = await testApplication({ VAPI_WEBHOOK_SECRET: VAPI_SECRET, RETELL_API_KEY: RETELL_KEY });
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: MINUTE, increment: '1/1', currency: 'usd' },
  });
});
afterAll(() => app.stop());

let stories = 0;

/** An organization with $10 and a call of 137.421 s that ended just now. */
async function story(fields: Partial<Story> = {}): Promise<Story & { walletId: string }> {
  const organizationId = await organization(app, 'Caller');
  const walletId = await wallet(app, organizationId, 1000 * SECOND);
  return {
    organizationId,
    walletId,
    providerCallId: `provider-call-${stories++}`,
    startedAtMs: Date.now() - TALK_MS,
    durationMs: TALK_MS,
    ...fields,
  };
}

async function get(path: string) {
  return (await app.request('GET', path)).body;
}

async function captures(walletId: string): Promise<number[]> {
  const wallet = await get(`/v1/wallets/${walletId}`);
  await expect
    .poll(async () => (await get(`/v1/wallets/${walletId}`)).ledger_sequence, { timeout: 5000 })
    .toBe(wallet.sequence);
  const { data } = await get(`/v1/wallets/${walletId}/entries?kind=capture`);
  return (data as { amount_micros: number }[]).map((entry) => entry.amount_micros);
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first) =>
    orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}

/** The last word about a call, whatever came in between. */
async function expectCharged(told: Story & { walletId: string }, callId: string) {
  const query = `?organization_id=${told.organizationId}`;
  const call = await get(`/v1/calls/${callId}${query}`);
  expect(call).toMatchObject({
    state: 'captured',
    captured_micros: TALK_MICROS,
    duration_seconds: TALK_MS / 1000,
    outcome: 'completed',
    estimated: false,
  });
  expect(await captures(told.walletId)).toEqual([-TALK_MICROS]);
  expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({
    posted_micros: 1000 * SECOND - TALK_MICROS,
    held_micros: 0,
    live_calls: 0,
  });
}

describe('one call, each message twice and in every order', () => {
  const vapi = [
    'assistant-request.inbound',
    'status-update.in-progress',
    'end-of-call-report.completed',
  ];
  test.each(orders(vapi).map((order) => [order]))('Vapi: %j', async (order) => {
    const told = await story();
    for (const name of order) {
      for (let time = 0; time < 2; time++) {
        const answer = await sendVapi(app, vapiMessage(name, told));
        expect(answer.status, answer.text).toBe(200);
      }
    }
    await expectCharged(told, told.providerCallId);
  });

  const retell = ['call_started', 'call_ended.user_hangup', 'call_analyzed'];
  test.each(orders(retell).map((order) => [order]))('Retell: %j', async (order) => {
    const told = await story();
    const inbound = retellInbound({ call_id: told.providerCallId, to_number: `+1${Date.now()}` });
    await app.request('POST', '/v1/calls', {
      body: {
        call_id: told.providerCallId,
        organization_id: told.organizationId,
        provider: 'retell',
        provider_call_id: told.providerCallId,
      },
    });
    await sendRetell(app, inbound);
    for (const name of order) {
      for (let time = 0; time < 2; time++) {
        const answer = await sendRetell(app, retellMessage(name, told));
        expect(answer.status, answer.text).toBe(200);
      }
    }
    await expectCharged(told, told.providerCallId);
  });

  test('all at once', async () => {
    const told = await story();
    const names = [...vapi, ...vapi, ...vapi];
    const answers = await Promise.all(names.map((name) => sendVapi(app, vapiMessage(name, told))));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    await expectCharged(told, told.providerCallId);
  });
});

describe('the inbound gate', () => {
  async function bind(provider: string, externalId: string, told: Story, metadata = {}) {
    const path = `/v1/provider_bindings/${provider}/phone_number/${encodeURIComponent(externalId)}`;
    const body = { organization_id: told.organizationId, metadata };
    expect((await app.request('PUT', path, { body })).status).toBe(200);
  }

  test('Vapi: lets the call in for as long as it can be paid', async () => {
    const told = await story();
    const answer = await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    expect(answer.body).toEqual({
      assistantOverrides: {
        maxDurationSeconds: 1000,
        metadata: {
          ringfence: {
            organization_id: told.organizationId,
            call_id: told.providerCallId,
            hold_id: expect.stringMatching(/^hold_/),
          },
        },
      },
    });
  });

  test("Vapi: the number's binding says whose call it is and who answers", async () => {
    const told = await story();
    const message = vapiMessage('assistant-request.inbound', told);
    const number = `number-${told.providerCallId}`;
    const call = (message.message as Record<string, Record<string, unknown>>).call;
    Object.assign(call ?? {}, { phoneNumberId: number, assistantOverrides: undefined });
    const unknown = await sendVapi(app, message);
    expect(unknown.body).toEqual({ error: expect.stringContaining('cannot take your call') });
    await bind('vapi', number, told, { assistant_id: 'assistant-7' });
    const answer = await sendVapi(app, message);
    expect(answer.body).toMatchObject({
      assistantId: 'assistant-7',
      assistantOverrides: { maxDurationSeconds: 1000 },
    });
  });

  test('turns the call away when nobody can pay it, and holds nothing', async () => {
    const told = await story();
    await app.request('POST', `/v1/wallets/${told.walletId}/charges`, {
      body: { amount_micros: 950 * SECOND },
    });
    const vapi = await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    expect(vapi.body).toEqual({ error: expect.stringContaining('out of credit') });
    const number = `+1415${stories++}`;
    await bind('retell', number, told);
    const retell = await sendRetell(app, retellInbound({ to_number: number }));
    expect(retell.body).toEqual({ call_inbound: { reject: true } });
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({ held_micros: 0 });
  });

  test('Retell: retries of an event without a call id meet one hold', async () => {
    const told = await story();
    const number = `+1415${stories++}`;
    await bind('retell', number, told);
    const inbound = retellInbound({ to_number: number, call_id: undefined });
    const [first, second] = [await sendRetell(app, inbound), await sendRetell(app, inbound)];
    expect(second.text).toBe(first.text);
    const { metadata, agent_override } = first.body.call_inbound as Record<string, unknown>;
    expect(agent_override).toEqual({ agent: { max_call_duration_ms: 1_000_000 } });
    const callId = (metadata as Record<string, string>).ringfence_call_id ?? '';
    expect(callId).toMatch(/^inbound_/);
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({ live_calls: 1 });
    // The call gets its own id later; the metadata leads back to the hold.
    const later = { ...told, callId };
    await sendRetell(app, retellMessage('call_started', later));
    await sendRetell(app, retellMessage('call_ended.user_hangup', later));
    await expectCharged(told, callId);
  });
});

describe('finding the call of a message', () => {
  test('a linked provider id comes before everything else', async () => {
    const told = await story();
    const call_id = `dialer-${stories++}`;
    await app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId, provider: 'vapi' },
    });
    await app.request('POST', `/v1/calls/${call_id}/link`, {
      body: { provider: 'vapi', provider_call_id: told.providerCallId },
    });
    const stranger = await story();
    const message = vapiMessage('end-of-call-report.completed', {
      ...stranger,
      providerCallId: told.providerCallId,
    });
    await sendVapi(app, message);
    await expectCharged(told, call_id);
    expect(await captures(stranger.walletId)).toEqual([]);
  });

  test('the hold id of the metadata counts for its own organization only', async () => {
    const told = await story();
    const stranger = await story();
    const call_id = `dialer-${stories++}`;
    const { body } = await app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId },
    });
    const named = (owner: Story) => {
      const message = vapiMessage('end-of-call-report.completed', owner);
      const call = (message.message as Record<string, Record<string, unknown>>).call ?? {};
      const ringfence = { organization_id: owner.organizationId, hold_id: body.hold_id };
      call.assistantOverrides = { metadata: { ringfence } };
      return message;
    };
    await sendVapi(app, named(stranger));
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({ live_calls: 1 });
    expect(await captures(stranger.walletId)).toEqual([-TALK_MICROS]);
    await sendVapi(app, named(told));
    await expectCharged(told, call_id);
  });

  test('a call of nobody is 404 and writes nothing', async () => {
    const told = await story({ organizationId: 'org_nobody' });
    for (const name of ['status-update.in-progress', 'end-of-call-report.completed']) {
      const answer = await sendVapi(app, vapiMessage(name, told));
      expect(answer.status).toBe(404);
      expect(answer.body.error).toMatchObject({ code: 'call_not_found' });
    }
    expect((await get('/v1/calls?limit=100')).data).not.toContainEqual(
      expect.objectContaining({ call_id: told.providerCallId }),
    );
  });
});

describe('the end of a call', () => {
  test('nobody authorized it: it is charged directly, once', async () => {
    const told = await story();
    const report = vapiMessage('end-of-call-report.completed', told);
    await Promise.all([sendVapi(app, report), sendVapi(app, report), sendVapi(app, report)]);
    await expectCharged(told, told.providerCallId);
  });

  test('nobody answered: nothing is taken', async () => {
    const told = await story();
    await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(app, vapiMessage('end-of-call-report.no-answer', told));
    const call = await get(`/v1/calls/${told.providerCallId}`);
    expect(call).toMatchObject({ captured_micros: 0, outcome: 'no_answer' });
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({
      posted_micros: 1000 * SECOND,
      held_micros: 0,
    });
  });

  test('an unknown reason is settled by time', async () => {
    const told = await story();
    const unknown = { disconnection_reason: 'solar_flare' };
    const message = retellMessage('call_ended.user_hangup', told, unknown);
    expect((await sendRetell(app, message)).status).toBe(200);
    await expectCharged(told, told.providerCallId);
  });

  test('without a report captures, and the report that comes after all corrects it', async () => {
    const told = await story();
    await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(app, vapiMessage('status-update.in-progress', told));
    const early = { ...told, durationMs: 100_000 };
    await sendVapi(app, vapiMessage('status-update.ended', early));
    expect(await get(`/v1/calls/${told.providerCallId}`)).toMatchObject({
      state: 'captured',
      captured_micros: 100 * SECOND,
    });
    await sendVapi(app, vapiMessage('end-of-call-report.completed', told));
    expect(await get(`/v1/calls/${told.providerCallId}`)).toMatchObject({
      captured_micros: TALK_MICROS,
    });
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({
      posted_micros: 1000 * SECOND - TALK_MICROS,
    });
  });

  test("a caller's end is corrected by the provider's report, not the other way round", async () => {
    const told = await story();
    await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    const end = (duration_seconds: number) =>
      app.request('POST', `/v1/calls/${told.providerCallId}/end`, { body: { duration_seconds } });
    await end(10);
    await sendVapi(app, vapiMessage('end-of-call-report.completed', told));
    const late = await end(10);
    expect(late.body).toMatchObject({ captured_micros: TALK_MICROS });
  });

  test('a lost start is made up for by any sign of life', async () => {
    const told = await story({ startedAtMs: Date.now() - 20_000 });
    await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    await sendVapi(app, vapiMessage('conversation-update', told));
    const call = await get(`/v1/calls/${told.providerCallId}`);
    expect(call).toMatchObject({
      state: 'live',
      started_at: new Date(told.startedAtMs).toISOString(),
    });
    expect(call.granted_seconds).toBeGreaterThanOrEqual(95);
  });

  test('a signed report of 2 MiB is captured; one beyond 16 MiB is 413', async () => {
    const told = await story();
    const long = { transcript: 'x'.repeat(2 * 1024 * 1024) };
    const report = vapiMessage('end-of-call-report.completed', told, long);
    expect((await sendVapi(app, report)).status).toBe(200);
    await expectCharged(told, told.providerCallId);
    const huge = await sendVapi(app, { message: { transcript: 'x'.repeat(17 * 1024 * 1024) } });
    expect(huge.status).toBe(413);
  });
});

describe('status checks at the webhooks', () => {
  test('take our own form, and the provider id as well as ours', async () => {
    const told = await story();
    await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    const body = { call_id: told.providerCallId, elapsed_seconds: 30 };
    const check = await sendVapi(app, body, '/webhooks/vapi/status-check');
    expect(check.status).toBe(200);
    expect(check.body).toMatchObject({ endCall: false, final: false });
    const named = { ...body, organization_id: told.organizationId };
    const again = await sendRetell(app, named, '/webhooks/retell/status-check');
    expect(again.body).toMatchObject({ endCall: false });
    const unknown = await sendVapi(app, { call_id: 'nobody' }, '/webhooks/vapi/status-check');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({ endCall: true, reason: 'call_not_found' });
    const nonsense = await sendVapi(app, { call: 1 }, '/webhooks/vapi/status-check');
    expect(nonsense.status).toBe(400);
  });

  test("a tool call gets its answer in Vapi's form, and ends the call when the money is gone", async () => {
    const told = await story({ startedAtMs: Date.now() - 30_000 });
    await sendVapi(app, vapiMessage('assistant-request.inbound', told));
    const tick = vapiMessage('tool-calls.time-elapsed-tick', told);
    expect((await sendVapi(app, tick)).body).toEqual({
      results: [{ name: 'ringfence_tick', toolCallId: 'call_8Kf0cQ1w5Yb2mR7t', result: 'ok' }],
    });
    const end = { call_id: told.providerCallId, elapsed_seconds: 1000 };
    await sendVapi(app, end, '/webhooks/vapi/status-check');
    const last = await sendVapi(app, tick, '/webhooks/vapi/status-check');
    expect(last.body).toMatchObject({
      endCall: true,
      reason: 'insufficient_funds',
      results: [{ result: 'balance exhausted', message: { endCallAfterSpokenEnabled: true } }],
    });
  });

  test('a Retell custom function is answered too', async () => {
    const told = await story({ startedAtMs: Date.now() - 30_000 });
    const call_id = told.providerCallId;
    await app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId, provider: 'retell' },
    });
    const answer = await sendRetell(app, retellMessage('custom_function.request', told));
    expect(answer.body).toMatchObject({ endCall: false, final: false });
  });
});
