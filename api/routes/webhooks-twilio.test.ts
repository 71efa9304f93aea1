/** Twilio's callbacks over HTTP: what they do to a call, to a message, and who may send them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import { MINUTE, SECOND } from '../webhooks/test/calls-desk.ts';
import {
  type Form,
  PUBLIC_URL,
  postTwilio,
  TWILIO_ENV,
  TWILIO_TOKEN,
  twilioForm,
} from '../webhooks/test/twilio.ts';

const DEPOSIT = 1000 * SECOND;
const TALK_SECONDS = 138;

let app: TestApplication;
let bare: TestApplication;
let sids = 0;
beforeAll(async () => {
  [app, bare] = await Promise.all([
    testApplication(TWILIO_ENV),
    testApplication({ TWILIO_AUTH_TOKEN: TWILIO_TOKEN }),
  ]);
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: MINUTE, increment: '1/1', currency: 'usd' },
  });
});
afterAll(() => Promise.all([app.stop(), bare.stop()]));

const get = async (path: string) => (await app.request('GET', path)).body;

async function payer(metadata: Record<string, unknown> = {}) {
  const organizationId = await organization(app, 'Caller', { metadata });
  return { organizationId, walletId: await wallet(app, organizationId, DEPOSIT), sid: newSid() };
}

const newSid = () => `CA${String(sids++).padStart(32, '0')}`;

type Told = Awaited<ReturnType<typeof payer>> & { callId?: string };

function voice(told: Told, name: string, fields: Form = {}) {
  const query = new URLSearchParams({
    ringfence_organization_id: told.organizationId,
    ...(told.callId === undefined ? {} : { ringfence_call_id: told.callId }),
  });
  const startedAt = new Date(Date.now() - TALK_SECONDS * 1000);
  const Timestamp = (name.endsWith('in-progress') ? startedAt : new Date()).toUTCString();
  const form = twilioForm(name, { CallSid: told.sid, Timestamp, ...fields });
  return postTwilio(app, { path: `/webhooks/twilio/voice?${query}`, form });
}

async function captures(walletId: string): Promise<number[]> {
  const { sequence } = await get(`/v1/wallets/${walletId}`);
  await expect
    .poll(async () => (await get(`/v1/wallets/${walletId}`)).ledger_sequence, { timeout: 60_000 })
    .toBe(sequence);
  const { data } = await get(`/v1/wallets/${walletId}/entries?kind=capture`);
  return (data as { amount_micros: number }[]).map((entry) => entry.amount_micros);
}

describe('a call', () => {
  const names = ['voice-status.in-progress', 'voice-status.completed'];

  test.each([
    ['in order', names],
    ['twice', [...names, ...names]],
    ['the other way round', [...names].reverse()],
    ['without its answer', ['voice-status.completed']],
  ])('that was authorized is charged once: callbacks %s', async (_, order) => {
    const told: Told = { ...(await payer()), callId: 'dialer-1' };
    const { organizationId, walletId } = told;
    const authorized = await app.request('POST', '/v1/calls', {
      body: { call_id: told.callId, organization_id: organizationId, provider: 'twilio' },
    });
    expect(authorized.body.provider_metadata).toEqual({
      ringfence_organization_id: organizationId,
      ringfence_call_id: told.callId,
      ringfence_hold_id: authorized.body.hold_id,
    });
    for (const name of order) {
      const answer = await voice(told, name);
      expect(answer.status, answer.text).toBe(200);
    }
    const call = await get(`/v1/calls/${told.callId}?organization_id=${organizationId}`);
    expect(call).toMatchObject({
      state: 'captured',
      duration_seconds: TALK_SECONDS,
      outcome: 'completed',
    });
    expect(await captures(walletId)).toEqual([-TALK_SECONDS * SECOND]);
  });

  test('that nobody authorized is charged directly, once', async () => {
    const told = await payer();
    await Promise.all([
      voice(told, 'voice-status.completed'),
      voice(told, 'voice-status.completed'),
    ]);
    expect(await captures(told.walletId)).toEqual([-TALK_SECONDS * SECOND]);
  });

  test('that rings changes nothing; that is busy releases everything', async () => {
    const told: Told = { ...(await payer()), callId: 'dialer-2' };
    await app.request('POST', '/v1/calls', {
      body: { call_id: told.callId, organization_id: told.organizationId },
    });
    const rings = await voice(told, 'voice-status.in-progress', { CallStatus: 'ringing' });
    expect(rings.body).toMatchObject({ received: true, applied: false });
    const path = `/v1/calls/${told.callId}?organization_id=${told.organizationId}`;
    expect(await get(path)).toMatchObject({ state: 'authorized' });
    await voice(told, 'voice-status.busy');
    expect(await get(path)).toMatchObject({ captured_micros: 0, outcome: 'no_answer' });
    expect(await get(`/v1/wallets/${told.walletId}`)).toMatchObject({
      posted_micros: DEPOSIT,
      held_micros: 0,
    });
  });

  test('of nobody is 404', async () => {
    const answer = await voice(
      { ...(await payer()), organizationId: 'org_nobody' },
      names[1] ?? '',
    );
    expect(answer.status).toBe(404);
  });
});

describe('a message', () => {
  const wants = { refund_failed_messages: true };
  const COST = 8_300;

  async function charged(metadata: Record<string, unknown>) {
    const told = await payer(metadata);
    const sid = `SM${String(sids++).padStart(32, '0')}`;
    const charge = await app.request('POST', `/v1/wallets/${told.walletId}/charges`, {
      body: { amount_micros: COST, reference: sid, wait_for: 'ledger' },
    });
    expect(charge.status, charge.text).toBe(201);
    return { ...told, sid };
  }

  function status(told: Told, MessageStatus: string) {
    const query = `ringfence_organization_id=${told.organizationId}`;
    const fields = { MessageSid: told.sid, SmsSid: told.sid, MessageStatus };
    const form = twilioForm('sms-status.sent', fields);
    return postTwilio(app, { path: `/webhooks/twilio/messages?${query}`, form });
  }

  const posted = async (told: Told) =>
    (await get(`/v1/wallets/${told.walletId}`)).posted_micros as number;

  test.each([['failed'], ['undelivered']])('%s is refunded once', async (word) => {
    const told = await charged(wants);
    const first = await Promise.all([status(told, word), status(told, word)]);
    for (const answer of [...first, await status(told, word)]) {
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body).toEqual({ received: true, applied: true });
    }
    expect(await posted(told)).toBe(DEPOSIT);
    // The balance is the engine's, the entries are the ledger's: these come a moment later.
    await expect
      .poll(async () => (await get(`/v1/wallets/${told.walletId}/entries?kind=refund`)).data)
      .toEqual([expect.objectContaining({ amount_micros: COST, reference: told.sid })]);
  });

  test.each([
    ['sent', wants],
    ['delivered', wants],
    ['failed', {}],
    ['failed', { refund_failed_messages: false }],
  ])('%s with %j is not refunded', async (word, metadata) => {
    const told = await charged(metadata);
    const answer = await status(told, word);
    expect(answer.body).toMatchObject({ received: true, applied: false });
    expect(await posted(told)).toBe(DEPOSIT - COST);
  });

  test('that nobody charged, or somebody else did, is not refunded', async () => {
    const told = await charged(wants);
    const stranger = await payer(wants);
    for (const lost of [
      { ...told, sid: 'SM-unknown' },
      { ...told, organizationId: stranger.organizationId },
      { ...told, organizationId: 'org_nobody' },
    ]) {
      const answer = await status(lost, 'failed');
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ applied: false });
    }
    expect(await posted(told)).toBe(DEPOSIT - COST);
    expect(await posted(stranger)).toBe(DEPOSIT);
  });
});

describe('a callback without a valid signature is 401 and writes nothing', () => {
  const path = '/webhooks/twilio/voice?ringfence_call_id=spoofed';
  const form = twilioForm('voice-status.completed');

  test.each<[string, object]>([
    ['another token', { token: 'guess' }],
    ['an altered query', { signedUrl: `${PUBLIC_URL}/webhooks/twilio/voice?ringfence_call_id=x` }],
    ['the Host header in place of the public URL', { signedUrl: `http://localhost${path}` }],
    ['an altered form', { form: { ...form, CallDuration: '1' }, signature: 'x'.repeat(28) }],
    ['no signature', { signature: '' }],
  ])('%s', async (_, fields) => {
    for (const to of [path, path.replace('voice', 'messages')]) {
      const answer = await postTwilio(app, { path: to, form, ...fields });
      expect(answer.status).toBe(401);
      expect(answer.body.error).toMatchObject({ code: 'invalid_signature' });
      expect(answer.text).not.toContain(TWILIO_TOKEN);
    }
    expect((await app.request('GET', '/v1/calls/spoofed')).status).toBe(404);
  });

  test('without a public URL nobody gets in', async () => {
    const answer = await postTwilio(bare, { path, form });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('RINGFENCE_PUBLIC_URL');
  });

  test('a signed form that is no callback is 400', async () => {
    for (const to of ['/webhooks/twilio/voice', '/webhooks/twilio/messages']) {
      expect((await postTwilio(app, { path: to, form: { a: 'b' } })).status).toBe(400);
    }
  });
});
