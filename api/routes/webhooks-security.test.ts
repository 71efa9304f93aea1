/** Who may speak as a provider: nothing that is not verified leaves a trace. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import {
  RETELL_KEY,
  retellMessage,
  retellSignature,
  type Story,
  sendVapi,
  VAPI_SECRET,
  vapiMessage,
} from '../webhooks/test/messages.ts';

let app: TestApplication;
let bare: TestApplication;
let told: Story & { walletId: string };
beforeAll(async () => {
  app = await testApplication({ VAPI_WEBHOOK_SECRET: VAPI_SECRET, RETELL_API_KEY: RETELL_KEY });
  bare = await testApplication();
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' },
  });
  const organizationId = await organization(app, 'Caller');
  const walletId = await wallet(app, organizationId, 1_000_000);
  const startedAtMs = Date.now() - 60_000;
  told = { organizationId, walletId, providerCallId: 'spoofed', startedAtMs, durationMs: 60_000 };
});
afterAll(() => Promise.all([app.stop(), bare.stop()]));

async function untouched(): Promise<void> {
  const { body } = await app.request('GET', `/v1/wallets/${told.walletId}`);
  expect(body).toMatchObject({ posted_micros: 1_000_000, held_micros: 0, sequence: 1 });
  expect((await app.request('GET', '/v1/calls/spoofed')).status).toBe(404);
}

const report = () => JSON.stringify(vapiMessage('end-of-call-report.completed', told));
/** Vapi's default HMAC plan. */
function hmac(raw: string, atMs = Date.now()): Record<string, string> {
  const timestamp = String(atMs);
  const signature = createHmac('sha256', VAPI_SECRET).update(`${timestamp}.${raw}`).digest('hex');
  return { 'x-timestamp': timestamp, 'x-signature': signature };
}

const ended = () => JSON.stringify(retellMessage('call_ended.user_hangup', told));

describe('a webhook without a valid signature is 401 and writes nothing', () => {
  test.each<[string, string, () => string, () => Record<string, string>]>([
    ['Vapi, unsigned', 'vapi', report, () => ({})],
    ['Vapi, wrong secret', 'vapi', report, () => ({ 'x-vapi-secret': 'guess' })],
    ['Vapi, wrong bearer', 'vapi', report, () => ({ authorization: 'Bearer guess' })],
    [
      'Vapi, forged HMAC',
      'vapi',
      report,
      () => ({ 'x-timestamp': String(Date.now()), 'x-signature': 'ab'.repeat(32) }),
    ],
    ['Vapi, six minutes old', 'vapi', report, () => hmac(report(), Date.now() - 360_000)],
    ['Vapi, altered body', 'vapi', () => `${report()} `, () => hmac(report())],
    ['Retell, unsigned', 'retell', ended, () => ({})],
    [
      'Retell, another key',
      'retell',
      ended,
      () => ({ 'x-retell-signature': retellSignature(ended(), Date.now(), 'guess') }),
    ],
    [
      'Retell, six minutes old',
      'retell',
      ended,
      () => ({ 'x-retell-signature': retellSignature(ended(), Date.now() - 360_000) }),
    ],
    [
      'Retell, altered body',
      'retell',
      () => `${ended()} `,
      () => ({ 'x-retell-signature': retellSignature(ended()) }),
    ],
  ])('%s', async (_, provider, raw, headers) => {
    for (const path of [`/webhooks/${provider}`, `/webhooks/${provider}/status-check`]) {
      const answer = await app.request('POST', path, {
        raw: raw(),
        headers: { authorization: '', ...headers() },
      });
      expect(answer.status).toBe(401);
      expect(answer.body.error).toMatchObject({ code: 'invalid_signature' });
      expect(answer.text).not.toContain(VAPI_SECRET);
    }
    await untouched();
  });

  test('no secret is configured: nobody gets in', async () => {
    for (const provider of ['vapi', 'retell']) {
      const answer = await bare.request('POST', `/webhooks/${provider}`, {
        raw: report(),
        headers: { authorization: 'Bearer ', 'x-vapi-secret': '' },
      });
      expect(answer.status).toBe(401);
    }
  });
});

describe('a signed body that is no message', () => {
  const signed = { authorization: `Bearer ${VAPI_SECRET}` };

  test('not JSON is 400', async () => {
    const answer = await app.request('POST', '/webhooks/vapi', {
      raw: '{"message":',
      headers: signed,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 'malformed_json' });
  });

  test('not JSON is 400 at Retell as well', async () => {
    const raw = '{"event":';
    const headers = { authorization: '', 'x-retell-signature': retellSignature(raw) };
    const answer = await app.request('POST', '/webhooks/retell', { raw, headers });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'malformed_json' } } });
    await untouched();
  });

  test('another JSON is 400', async () => {
    for (const body of [null, [], {}, { message: {} }, { message: { type: 7 } }]) {
      expect((await sendVapi(app, body)).status).toBe(400);
    }
  });

  test('a message this release does not know is acknowledged and ignored', async () => {
    const answer = await sendVapi(app, { message: { type: 'from-the-future' } });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ applied: false });
    await untouched();
  });
});
