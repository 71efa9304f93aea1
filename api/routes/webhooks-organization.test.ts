/** A webhook that an organization's own secret signed speaks for it and its descendants alone. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import { retellMessage, retellSignature, vapiMessage } from '../webhooks/test/messages.ts';
import { PUBLIC_URL, postTwilio, twilioForm } from '../webhooks/test/twilio.ts';

const PLATFORM = ['platform-secret-new', 'platform-secret-old'];
const AGENCY = ['agency-secret-number-one', 'agency-secret-number-two'];
const STRANGER = 'stranger-secret-number-one';
const DEPOSIT = 1000 * SECOND;
const SID = `AC${'7'.repeat(32)}`;

interface Owner {
  organizationId: string;
  walletId: string;
}

let app: TestApplication;
let agency: Owner;
let client: Owner;
let stranger: Owner;
beforeAll(async () => {
  app = await testApplication({
    VAPI_WEBHOOK_SECRET: PLATFORM.join(','),
    RINGFENCE_PUBLIC_URL: PUBLIC_URL,
  });
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60 * SECOND, currency: 'usd' },
  });
  agency = await owner('Agency');
  client = await owner('Client', agency.organizationId);
  stranger = await owner('Stranger');
  await credentials(agency, 'vapi', { webhook_secrets: AGENCY });
  await credentials(stranger, 'vapi', { webhook_secrets: [STRANGER] });
});
afterAll(() => app.stop());

async function owner(name: string, parentId?: string): Promise<Owner> {
  const fields = parentId === undefined ? {} : { parent_id: parentId };
  const organizationId = await organization(app, name, fields);
  return { organizationId, walletId: await wallet(app, organizationId, DEPOSIT) };
}

async function credentials({ organizationId }: Owner, provider: string, body: object) {
  const path = `/v1/provider_credentials/${provider}?organization_id=${organizationId}`;
  const answer = await app.request('PUT', path, { body });
  if (answer.status !== 200) throw new Error(answer.text);
}

let calls = 0;
const story = ({ organizationId }: Owner, providerCallId = `call-${calls++}`) => ({
  organizationId,
  providerCallId,
  startedAtMs: Date.now() - 60_000,
  durationMs: 60_000,
});

function post(raw: string, secret: string, path = '/webhooks/vapi'): Promise<ApiAnswer> {
  return app.request('POST', path, { raw, headers: { authorization: `Bearer ${secret}` } });
}

const report = (told: ReturnType<typeof story>) =>
  JSON.stringify(vapiMessage('end-of-call-report.completed', told));

const posted = async ({ walletId }: Owner) =>
  (await app.request('GET', `/v1/wallets/${walletId}`)).body.posted_micros as number;

async function charges(who: Owner, deliver: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  const before = await posted(who);
  const answer = await deliver();
  expect(answer.status, answer.text).toBe(200);
  expect(await posted(who)).toBeLessThan(before);
  return answer;
}

async function leavesNoTrace(deliver: () => Promise<ApiAnswer>): Promise<void> {
  const all = [agency, client, stranger];
  const before = await Promise.all(all.map(posted));
  const answer = await deliver();
  expect([answer.status, answer.body.error]).toMatchObject([401, { code: 'invalid_signature' }]);
  expect(await Promise.all(all.map(posted))).toEqual(before);
  expect((await app.core.directory.inbox.pending()).count).toBe(0);
}

describe('Vapi', () => {
  test('both secrets of an agency speak for it and for its client', async () => {
    for (const secret of AGENCY) {
      for (const who of [agency, client])
        await charges(who, () => post(report(story(who)), secret));
    }
  });

  test('both secrets of the platform speak for anybody', async () => {
    for (const secret of PLATFORM) {
      for (const who of [client, stranger])
        await charges(who, () => post(report(story(who)), secret));
    }
  });

  test('nobody speaks for another tenant, nor a client for those above it', async () => {
    await credentials(client, 'vapi', { webhook_secrets: ['client-secret-number-one'] });
    await leavesNoTrace(() => post(report(story(stranger)), AGENCY[0] ?? ''));
    await leavesNoTrace(() => post(report(story(agency)), STRANGER));
    await leavesNoTrace(() => post(report(story(client)), STRANGER));
    await leavesNoTrace(() => post(report(story(agency)), 'client-secret-number-one'));
    await charges(client, () => post(report(story(client)), 'client-secret-number-one'));
  });

  test("another tenant's call is not one's own for being named so", async () => {
    const told = story(client);
    const link = { provider: 'vapi', provider_call_id: told.providerCallId };
    await app.request('POST', '/v1/calls', {
      body: { call_id: 'linked', organization_id: client.organizationId, ...link },
    });
    const renamed = { ...told, organizationId: stranger.organizationId };
    await leavesNoTrace(() => post(report(renamed), STRANGER));
    const { sessions } = app.core.desk;
    const reference = {
      provider: 'vapi' as const,
      providerCallId: told.providerCallId,
      ringfence: { organizationId: stranger.organizationId, callId: undefined, holdId: undefined },
      bindings: [],
      controlUrl: undefined,
    };
    // Also for an event that was stored before the call was linked.
    const signedBy = stranger.organizationId;
    expect(await sessions.findCall({ ...reference, signedBy })).toEqual({ status: 'unknown' });
    for (const mine of [client.organizationId, agency.organizationId, undefined]) {
      const found = await sessions.findCall({ ...reference, signedBy: mine });
      expect(found).toMatchObject({ status: 'found', call: { callId: 'linked' } });
    }
  });

  test('a status check in our own form tells a stranger nothing', async () => {
    const path = '/webhooks/vapi/status-check';
    const own = { call_id: 'own-of-client', organization_id: client.organizationId };
    await app.request('POST', '/v1/calls', { body: own });
    const mine = await post(JSON.stringify(own), AGENCY[0] ?? '', path);
    expect([mine.status, mine.body.endCall]).toEqual([200, false]);
    await leavesNoTrace(() => post(JSON.stringify(own), STRANGER, path));
    // A call of the stranger's that is linked under the id of the client's own.
    await app.request('POST', '/v1/calls', {
      body: {
        call_id: 'bait',
        organization_id: stranger.organizationId,
        provider: 'vapi',
        provider_call_id: own.call_id,
      },
    });
    const baited = await post(JSON.stringify(own), STRANGER, path);
    expect(baited.body.available_micros).not.toBe(await posted(client));
    const { body } = await app.request('GET', `/v1/wallets/${stranger.walletId}`);
    expect(baited.body.available_micros).toBe(body.available_micros);
  });

  test('a secret that was replaced no longer counts', async () => {
    const leaving = await owner('Leaving');
    await credentials(leaving, 'vapi', { webhook_secrets: ['leaving-secret-old'] });
    await charges(leaving, () => post(report(story(leaving)), 'leaving-secret-old'));
    await credentials(leaving, 'vapi', { webhook_secrets: ['leaving-secret-new'] });
    await leavesNoTrace(() => post(report(story(leaving)), 'leaving-secret-old'));
    await charges(leaving, () => post(report(story(leaving)), 'leaving-secret-new'));
  });

  test('an account that signs takes no bare secret', async () => {
    const signing = await owner('Signing');
    const secret = Buffer.from('the key of the plan').toString('base64');
    await credentials(signing, 'vapi', {
      webhook_secrets: [secret],
      scheme: 'hmac',
      hmac_plan: {
        signature_header: 'webhook-signature',
        timestamp_header: 'webhook-timestamp',
        message_id_header: 'webhook-id',
        signature_prefix: 'v1,',
        payload_format: '{svix-id}.{timestamp}.{body}',
        signature_encoding: 'base64',
        secret_is_base64: true,
      },
    });
    const raw = report(story(signing));
    await leavesNoTrace(() => post(raw, secret));
    const timestamp = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', 'the key of the plan').update(`msg_1.${timestamp}.${raw}`);
    const headers = {
      authorization: '',
      'webhook-id': 'msg_1',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${mac.digest('base64')}`,
    };
    await charges(signing, () => app.request('POST', '/webhooks/vapi', { raw, headers }));
  });
});

test('Retell: the API key of an organization signs for it', async () => {
  await credentials(agency, 'retell', { api_key: 'retell-key-of-the-agency' });
  const send = (who: Owner, key: string) => {
    const raw = JSON.stringify(retellMessage('call_analyzed', story(who)));
    const signature = retellSignature(raw, Date.now(), key);
    const headers = { authorization: '', 'x-retell-signature': signature };
    return app.request('POST', '/webhooks/retell', { raw, headers });
  };
  await charges(client, () => send(client, 'retell-key-of-the-agency'));
  await leavesNoTrace(() => send(stranger, 'retell-key-of-the-agency'));
  await leavesNoTrace(() => send(client, 'retell-key-of-nobody'));
});

test('Twilio: an account signs for the organization that has its token', async () => {
  const token = 'twilio-token-of-the-agency';
  await credentials(agency, 'twilio', { account_sid: SID, auth_token: token });
  const send = (who: Owner, signed: string, AccountSid = SID) => {
    const { organizationId, providerCallId: CallSid } = story(who);
    return postTwilio(app, {
      path: `/webhooks/twilio/voice?ringfence_organization_id=${organizationId}`,
      form: twilioForm('voice-status.completed', { CallSid, AccountSid }),
      token: signed,
    });
  };
  await charges(client, () => send(client, token));
  await leavesNoTrace(() => send(client, 'twilio-token-of-nobody'));
  await leavesNoTrace(() => send(client, token, `AC${'8'.repeat(32)}`));
  const before = await posted(stranger);
  // Its own account really signed it, so it is let in; the call it names is not there for it.
  expect((await send(stranger, token)).status).toBe(404);
  expect(await posted(stranger)).toBe(before);
});
