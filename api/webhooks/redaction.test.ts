/**
 * What callers say, what they pay with and what opens accounts is in the providers' messages, and
 * must be nowhere else: every sample is posted, with secrets planted in every object of it, and then
 * the whole log and every table are searched.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY, type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import {
  RETELL_KEY,
  retellInbound,
  retellMessage,
  sendRetell,
  sendVapi,
  VAPI_SECRET,
  vapiMessage,
} from './test/messages.ts';
import { postTwilio, TWILIO_ENV, TWILIO_TOKEN, twilioForm } from './test/twilio.ts';

/** Planted in every object of every message. */
const PLANTED = {
  twilioAuthToken: 'planted-twilio-token-5f1d',
  transcript: 'planted transcript, my card is 4242 4242 4242 4242 and 4242424242424242',
  content: 'planted-sentence-of-the-caller',
  recordingUrl: 'https://planted-recording.example.com/1',
  apiKey: 'planted-api-key-77aa',
  password: 'planted-password-88bb',
};
const CREDENTIALS = {
  api_key: 'credential-api-key-0123456789',
  webhook_secrets: ['credential-secret-0123456789'],
};

let app: TestApplication;
let organizationId: string;
const lines: string[] = [];
beforeAll(async () => {
  const env = {
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
    RETELL_API_KEY: RETELL_KEY,
    ...TWILIO_ENV,
    RINGFENCE_LOG_LEVEL: 'trace',
  };
  app = await testApplication(env, lines);
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' },
  });
  organizationId = await organization(app, 'Caller');
  await wallet(app, organizationId, 1_000_000_000);
  for (const provider of ['vapi', 'retell']) {
    const path = `/v1/provider_credentials/${provider}?organization_id=${organizationId}`;
    const answer = await app.request('PUT', path, { body: CREDENTIALS });
    if (answer.status !== 200) throw new Error(answer.text);
  }
});
afterAll(() => app.stop());

const samples = (provider: string, holds: string) => {
  const folder = new URL(`../../kill-switch/providers/${provider}/fixtures/`, import.meta.url);
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    return Object.hasOwn(JSON.parse(text), holds) ? [name.replace('.json', '')] : [];
  });
};

/** The message with secrets in every object, and what people said in it. */
function planted(value: unknown, said: Set<string>, key = ''): unknown {
  if (typeof value === 'string') {
    if (SAID.has(key) && value.length >= 12) said.add(value);
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => planted(item, said, key));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, planted(field, said, name)]);
  return { ...PLANTED, ...Object.fromEntries(fields) };
}

/** Names under which the samples hold words, recordings and secrets. */
const SAID = new Set([
  ...['content', 'message', 'transcript', 'summary', 'call_summary', 'firstMessage'],
  ...['recordingUrl', 'stereoRecordingUrl', 'recording_url', 'recording_multi_channel_url'],
  ...['stereoUrl', 'combinedUrl', 'public_log_url', 'twilioAuthToken', 'Body', 'listenUrl'],
]);

const said = new Set<string>(['REDACT_ME_BEFORE_STORING']);
let calls = 0;
const story = () => ({
  organizationId,
  providerCallId: `redacted-${calls++}`,
  startedAtMs: Date.now() - 60_000,
  durationMs: 60_000,
});

async function postEverything(): Promise<number[]> {
  const statuses: number[] = [];
  for (const name of samples('vapi', 'message')) {
    const body = planted(vapiMessage(name, story()), said);
    for (const path of ['/webhooks/vapi', '/webhooks/vapi/status-check']) {
      statuses.push((await sendVapi(app, body, path)).status);
    }
  }
  for (const name of samples('retell', 'call')) {
    const body = planted(retellMessage(name, story()), said);
    statuses.push((await sendRetell(app, body)).status);
  }
  statuses.push((await sendRetell(app, planted(retellInbound({}), said))).status);
  for (const name of samples('twilio', 'params')) {
    const form = { ...twilioForm(name), Body: PLANTED.content, ...PLANTED };
    const where = name.startsWith('sms') ? 'messages' : 'voice';
    const path = `/webhooks/twilio/${where}?ringfence_organization_id=${organizationId}`;
    statuses.push((await postTwilio(app, { path, form })).status);
  }
  return statuses;
}

/** Every row of every table, as text; bytes as they are and in hexadecimal. */
async function database(): Promise<string> {
  const sql = app.core.stores.directory;
  const tables = await sql<{ name: string }[]>`
    select quote_ident(table_name) as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`;
  const texts = await Promise.all(
    tables.map(({ name }) => sql.unsafe(`select whole::text as text from ${name} whole`)),
  );
  return texts
    .flat()
    .map((row) => String(row.text))
    .join('\n');
}

function traces(haystack: string): string[] {
  const secrets = [VAPI_SECRET, RETELL_KEY, TWILIO_TOKEN, ADMIN_KEY, CREDENTIALS.api_key];
  const needles = [
    ...Object.values(PLANTED),
    ...['4242 4242', '42424242', 'planted'],
    ...[...secrets, ...CREDENTIALS.webhook_secrets, ...said],
  ];
  const escaped = (text: string) => JSON.stringify(text).slice(1, -1);
  const hex = (text: string) => Buffer.from(text, 'utf8').toString('hex');
  return needles.filter((needle) =>
    [needle, escaped(needle), escaped(escaped(needle)), hex(needle)].some((form) =>
      haystack.includes(form),
    ),
  );
}

describe('nothing that was said, and no secret, is kept', () => {
  test('the search finds what is there', async () => {
    expect(traces(`x${Buffer.from(PLANTED.apiKey).toString('hex')}`)).not.toEqual([]);
    expect(traces(`"${PLANTED.transcript}"`)).toContain(PLANTED.transcript);
  });

  test('of any message', async () => {
    const statuses = await postEverything();
    expect(statuses.length).toBeGreaterThan(40);
    expect(new Set(statuses)).toEqual(new Set([200, 400, 404]));
    await app.core.desk.sessions.stop();
    const rows = await database();
    expect(said.size).toBeGreaterThan(20);
    expect(rows).toContain('redacted-');
    expect(lines.join('')).toContain('/webhooks/vapi');
    expect(traces(rows)).toEqual([]);
    expect(traces(lines.join(''))).toEqual([]);
  });

  test('of any message that had to be stored for later, or was turned away', async () => {
    await app.kill9Redis();
    try {
      await postEverything();
      const forged = JSON.stringify(planted(vapiMessage('hang', story()), said));
      const headers = { authorization: `Bearer ${PLANTED.apiKey}` };
      const answer = await app.request('POST', '/webhooks/vapi', { raw: forged, headers });
      expect(answer.status).toBe(401);
      const inbox = await app.core.directory.inbox.pending();
      expect(inbox.count).toBeGreaterThan(10);
      const rows = await database();
      expect(rows).toContain('end-of-call-report');
      expect(traces(rows)).toEqual([]);
    } finally {
      await app.restartRedis();
    }
    expect(traces(lines.join(''))).toEqual([]);
  });

  test('of a key that a caller shows, or of a body that is not understood', async () => {
    const path = '/v1/calls';
    await app.request('POST', path, { key: PLANTED.apiKey, body: PLANTED });
    await app.request('POST', path, { raw: `{"call_id": ${PLANTED.content}`, body: undefined });
    await app.request('POST', path, { body: { call_id: 'x', ...PLANTED } });
    expect(lines.join('')).toContain('unauthenticated');
    expect(traces(lines.join(''))).toEqual([]);
  });
});
