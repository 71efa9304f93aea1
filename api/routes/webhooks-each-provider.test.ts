/** What holds for the messages of every provider: their size, and the time when nobody can apply them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, testApplication } from '../test/application.ts';
import {
  RETELL_KEY,
  retellMessage,
  sendRetell,
  sendVapi,
  VAPI_SECRET,
  vapiMessage,
} from '../webhooks/test/messages.ts';
import { type Stage, stageOf, TALK_MS, type TestStory } from '../webhooks/test/stage.ts';
import { postTwilio, TWILIO_ENV, twilioForm } from '../webhooks/test/twilio.ts';

const MIB = 1024 * 1024;

let on: Stage;
const lines: string[] = [];
beforeAll(async () => {
  const env = {
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
    RETELL_API_KEY: RETELL_KEY,
    ...TWILIO_ENV,
    RINGFENCE_LOG_LEVEL: 'error',
  };
  // Nothing listens there: no test may ask a real provider.
  const nobody = 'http://127.0.0.1:9';
  const urls = { VAPI_BASE_URL: nobody, RETELL_BASE_URL: nobody, TWILIO_BASE_URL: nobody };
  on = await stageOf(
    await testApplication(
      { ...env, ...urls, VAPI_API_KEY: 'vapi-key-of-the-test', RINGFENCE_DEV: '1' },
      lines,
    ),
  );
});
afterAll(() => on.app.stop());

/** A provider's answer and end of the call of a story; `bytes` more in the end. */
interface Teller {
  provider: string;
  answered(told: TestStory): Promise<ApiAnswer>;
  ended(told: TestStory, bytes?: number): Promise<ApiAnswer>;
}

function twilio(told: TestStory, name: string, atMs: number, bytes = 0): Promise<ApiAnswer> {
  const query = new URLSearchParams({ ringfence_organization_id: told.organizationId });
  const form = twilioForm(name, {
    CallSid: told.providerCallId,
    Timestamp: new Date(atMs).toUTCString(),
    ...(bytes > 0 ? { TranscriptionText: 'x'.repeat(bytes) } : {}),
  });
  return postTwilio(on.app, { path: `/webhooks/twilio/voice?${query}`, form });
}

const transcript = (bytes: number) => (bytes > 0 ? { transcript: 'x'.repeat(bytes) } : {});

const TELLERS: Teller[] = [
  {
    provider: 'vapi',
    answered: (told) => sendVapi(on.app, vapiMessage('status-update.in-progress', told)),
    ended: (told, bytes = 0) =>
      sendVapi(on.app, vapiMessage('end-of-call-report.completed', told, transcript(bytes))),
  },
  {
    provider: 'retell',
    answered: (told) => sendRetell(on.app, retellMessage('call_started', told)),
    ended: (told, bytes = 0) =>
      sendRetell(on.app, retellMessage('call_ended.user_hangup', told, transcript(bytes))),
  },
  {
    provider: 'twilio',
    answered: (told) => twilio(told, 'voice-status.in-progress', told.startedAtMs),
    ended: (told, bytes) =>
      twilio(told, 'voice-status.completed', told.startedAtMs + TALK_MS, bytes),
  },
];

/** A call that Ringfence let in, linked to the provider's id. */
async function authorized({ provider }: Teller): Promise<TestStory> {
  const told = await on.story();
  const call_id = told.providerCallId;
  const body = { call_id, organization_id: told.organizationId, provider };
  expect((await on.app.request('POST', '/v1/calls', { body })).status).toBe(201);
  return told;
}

async function ready(): Promise<void> {
  await expect
    .poll(async () => (await on.app.request('GET', '/readyz')).status, { timeout: 60_000 })
    .toBe(200);
}

describe.each(TELLERS.map((teller) => [teller.provider, teller] as const))('%s', (_, teller) => {
  test('a signed end of 2 MiB is captured', async () => {
    const told = await authorized(teller);
    await teller.answered(told);
    const answer = await teller.ended(told, 2 * MIB);
    expect(answer.status, answer.text).toBe(200);
    await on.expectEnded(told);
  });

  test('a signed end of 20 MiB is 413, with an alarm and a pass over the provider asked for', async () => {
    const told = await authorized(teller);
    const answer = await teller.ended(told, 20 * MIB);
    expect(answer.status).toBe(413);
    expect(answer.body.error).toMatchObject({ code: 'body_too_large' });
    const alarm = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(alarm).toContainEqual(
      expect.objectContaining({
        provider: teller.provider,
        msg: expect.stringContaining('too large'),
      }),
    );
    const sql = on.app.core.stores.directory;
    const requested = async () =>
      await sql`select from reconcile_marks
        where provider = ${teller.provider} and organization_id = '' and requested_at is not null`;
    await expect.poll(requested, { timeout: 60_000 }).toHaveLength(1);
  });
});

test('what every provider says while the gate is closed is applied afterwards, once, in order', async () => {
  const stories = await Promise.all(TELLERS.map(authorized));
  await on.app.kill9Redis();
  try {
    for (const [index, teller] of TELLERS.entries()) {
      const told = stories[index];
      if (told === undefined) throw new Error('no story');
      // The end overtakes the answer, and both come twice.
      for (const tell of [teller.ended, teller.answered, teller.answered, teller.ended]) {
        const answer = await tell(told);
        expect(answer.status, answer.text).toBe(200);
        expect(answer.body).toMatchObject({ applied: false, reason: 'stored' });
      }
    }
    expect((await on.app.core.directory.inbox.pending()).count).toBe(2 * TELLERS.length);
  } finally {
    await on.app.restartRedis();
  }
  await ready();
  await expect
    .poll(async () => (await on.app.core.directory.inbox.pending()).count, { timeout: 60_000 })
    .toBe(0);
  for (const told of stories) await on.expectEnded(told);
});
