/** An organization's credentials: set, replaced, removed; sealed at rest and never told again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization } from '../test/tenants.ts';

let app: TestApplication;
let keyless: TestApplication;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication();
  keyless = await testApplication({ RINGFENCE_SECRET_KEY: '' });
  organizationId = await organization(app, 'Owner');
});
afterAll(() => Promise.all([app.stop(), keyless.stop()]));

const API_KEY = 'vapi-private-key-0123456789-wxyz';
const SECRETS = ['webhook-secret-one-0001', 'webhook-secret-two-0002'];
const TOKEN = 'twilio-auth-token-0123456789-abcd';
const SID = `AC${'1'.repeat(32)}`;

const pathOf = (provider: string, owner = organizationId) =>
  `/v1/provider_credentials/${provider}?organization_id=${owner}`;

const put = (provider: string, body: unknown) => app.request('PUT', pathOf(provider), { body });

test('answers nothing of a secret but its last four characters', async () => {
  const body = { api_key: API_KEY, webhook_secrets: SECRETS, scheme: 'bearer' };
  const made = await put('vapi', body);
  expect(made.status, made.text).toBe(200);
  expect(made.body).toMatchObject({
    provider: 'vapi',
    organization_id: organizationId,
    api_key: { last_four: 'wxyz' },
    account_sid: null,
    auth_token: null,
    webhook_secrets: [{ last_four: '0001' }, { last_four: '0002' }],
    scheme: 'bearer',
    created_at: expect.any(String),
  });
  const read = await app.request('GET', pathOf('vapi'));
  expect(read.body).toEqual(made.body);
  for (const secret of [API_KEY, ...SECRETS]) {
    expect(made.text + read.text).not.toContain(secret);
  }
});

test('of a short secret not even the end is told', async () => {
  const made = await put('retell', { webhook_secrets: ['short-one'] });
  expect(made.body.webhook_secrets).toEqual([{ last_four: null }]);
});

test('the database holds nothing that can be read, and each row is sealed for its place', async () => {
  await put('vapi', { api_key: API_KEY, webhook_secrets: SECRETS });
  await put('twilio', { account_sid: SID, auth_token: TOKEN });
  const sql = app.core.stores.directory;
  const rows = await sql<{ provider: string; sealed: Buffer }[]>`
    select provider, sealed from provider_credentials`;
  for (const { sealed } of rows) {
    for (const secret of [API_KEY, TOKEN, ...SECRETS]) {
      expect(sealed.includes(secret)).toBe(false);
      expect(sealed.includes(Buffer.from(secret).toString('base64').slice(0, 16))).toBe(false);
    }
  }
  // A row that was copied to another organization opens nothing there.
  const thief = await organization(app, 'Thief');
  await sql`
    insert into provider_credentials (organization_id, provider, sealed)
    select ${thief}, provider, sealed from provider_credentials
    where provider = 'vapi' and organization_id = ${organizationId}`;
  const stolen = await app.request('GET', pathOf('vapi', thief));
  expect([stolen.status, stolen.body.error]).toMatchObject([422, { code: 'secret_key_missing' }]);
  expect(await app.core.clients.clientFor('vapi', thief)).toBeUndefined();
});

test('new ones stand alone, and once removed there are none', async () => {
  await put('vapi', { api_key: API_KEY, webhook_secrets: SECRETS });
  const renewed = await put('vapi', { webhook_secrets: ['webhook-secret-new-0003'] });
  expect(renewed.body).toMatchObject({ api_key: null, webhook_secrets: [{ last_four: '0003' }] });
  const removed = await app.request('DELETE', pathOf('vapi'));
  expect([removed.status, removed.body]).toEqual([200, { deleted: true }]);
  expect((await app.request('GET', pathOf('vapi'))).status).toBe(404);
  expect((await app.request('DELETE', pathOf('vapi'))).status).toBe(404);
});

describe('refuses', () => {
  test.each<[string, string, string, object]>([
    ['a key of another provider', 'vapi', 'auth_token', { auth_token: TOKEN }],
    ['nothing', 'vapi', 'webhook_secrets', {}],
    ['three webhook secrets', 'vapi', 'webhook_secrets', { webhook_secrets: [...SECRETS, TOKEN] }],
    ['no webhook secret', 'vapi', 'webhook_secrets', { webhook_secrets: [] }],
    ['a secret that can be guessed', 'vapi', 'api_key', { api_key: 'guess' }],
    ['a secret with a space', 'vapi', 'api_key', { api_key: 'two words and more' }],
    ['a scheme for Retell', 'retell', 'scheme', { api_key: API_KEY, scheme: 'bearer' }],
    ['a token without its account', 'twilio', 'account_sid', { auth_token: TOKEN }],
    ['no account', 'twilio', 'account_sid', { account_sid: 'AC1', auth_token: TOKEN }],
    [
      'a plan that signs no time',
      'vapi',
      'hmac_plan.payload_format',
      { webhook_secrets: SECRETS, scheme: 'hmac', hmac_plan: { payload_format: '{body}' } },
    ],
    [
      'a plan for another scheme',
      'vapi',
      'hmac_plan',
      { webhook_secrets: SECRETS, scheme: 'bearer', hmac_plan: {} },
    ],
  ])('%s', async (_, provider, param, body) => {
    const refused = await put(provider, body);
    expect([refused.status, refused.body.error]).toMatchObject([400, { code: 'invalid_request' }]);
    expect((refused.body.error as { param: string }).param).toContain(param);
    for (const secret of [TOKEN, API_KEY, ...SECRETS]) expect(refused.text).not.toContain(secret);
  });

  test('everything, on a server that has no key to seal with', async () => {
    const owner = await organization(keyless, 'Owner');
    const refused = await keyless.request('PUT', pathOf('vapi', owner), {
      body: { api_key: API_KEY },
    });
    expect([refused.status, refused.body.error]).toMatchObject([
      422,
      { code: 'secret_key_missing' },
    ]);
  });
});

test('an account speaks for its organization and those below, else the platform does', async () => {
  const { clients } = app.core;
  const agency = await organization(app, 'Agency');
  const client = await organization(app, 'Client', { parent_id: agency });
  expect(await clients.accountFor('retell', client)).toBeUndefined();
  const body = { api_key: API_KEY };
  await app.request('PUT', pathOf('retell', agency), { body });
  const above = await clients.accountFor('retell', client);
  expect(above?.organizationId).toBe(agency);
  expect((await clients.accountFor('retell', client))?.client).toBe(above?.client);
  await app.request('PUT', pathOf('retell', client), { body: { api_key: `${API_KEY}-own` } });
  expect((await clients.accountFor('retell', client))?.organizationId).toBe(client);
  expect((await clients.accountFor('retell', agency))?.client).toBe(above?.client);
  const owners = async () =>
    (await clients.accounts()).map((account) => account.organizationId).sort();
  await expect.poll(owners, { timeout: 60_000 }).toEqual(expect.arrayContaining([agency, client]));
});
