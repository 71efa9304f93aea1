/**
 * "Who may", route by route, from one table. A route of the application that is not in the table
 * fails the test, and so does a row of a route that is gone.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from './test/application.ts';
import { BATCH_ROWS, statusesOf } from './test/batch.ts';
import { keyRoutes } from './test/routes.ts';
import { apiKey, type Tenant, type Tenants, tenants, transferOf, wallet } from './test/tenants.ts';
import {
  ANYBODY,
  type Asker,
  COLUMNS,
  MANAGE,
  OPERATE,
  OWN_AND_MANAGED,
  READ,
  type Row,
  type Target,
  TREASURY,
} from './test/who-may.ts';
import { notificationRows } from './test/who-may-notifications.ts';
import { paymentRows } from './test/who-may-payments.ts';

const ofWallet = (body?: unknown) => (tenant: Tenant) => ({
  path: { wallet_id: tenant.walletId },
  body,
});
const queried = (tenant: Tenant) => ({ query: `?organization_id=${tenant.organizationId}` });
const ofHold = (body?: unknown) => async (tenant: Tenant) => ({
  path: { hold_id: await hold(tenant) },
  body,
});

const TABLE: Record<string, Row> = {
  'POST /v1/organizations': {
    statuses: [201, 201, 201, 404, 403, 404, 404, 403, 403, 404, 403],
    make: (tenant) => ({ body: { name: 'Below', parent_id: tenant.organizationId } }),
  },
  'GET /v1/organizations': { statuses: ANYBODY(200), make: () => ({}) },
  'GET /v1/organizations/{organization_id}': {
    statuses: READ(200),
    make: (tenant) => ({ path: { organization_id: tenant.organizationId } }),
  },
  'PATCH /v1/organizations/{organization_id}': {
    statuses: MANAGE(200),
    make: (tenant) => ({
      path: { organization_id: tenant.organizationId },
      body: { name: 'Renamed' },
    }),
  },
  'POST /v1/api_keys': {
    statuses: MANAGE(201),
    make: (tenant) => ({
      body: { organization_id: tenant.organizationId, role: 'organization', name: 'k' },
    }),
  },
  'GET /v1/api_keys': { statuses: READ(200), make: queried },
  'DELETE /v1/api_keys/{key_id}': {
    statuses: MANAGE(200),
    make: async (tenant) => ({ path: { key_id: await keyIdOf(tenant) } }),
  },
  'POST /v1/wallets': {
    statuses: MANAGE(201),
    make: (tenant) => ({ body: { organization_id: tenant.organizationId, currency: 'eur' } }),
  },
  'GET /v1/wallets': { statuses: READ(200), make: queried },
  'GET /v1/wallets/{wallet_id}': { statuses: READ(200), make: ofWallet() },
  'PATCH /v1/wallets/{wallet_id}': {
    statuses: MANAGE(200),
    make: ofWallet({ credit_limit_micros: 1000 }),
  },
  'POST /v1/wallets/{wallet_id}/credits': {
    statuses: TREASURY(201),
    make: ofWallet({ kind: 'bonus', amount_micros: 1 }),
  },
  'POST /v1/wallets/{wallet_id}/charges': {
    statuses: OPERATE(201),
    make: ofWallet({ amount_micros: 1 }),
  },
  'GET /v1/wallets/{wallet_id}/entries': { statuses: READ(200), make: ofWallet() },
  ...BATCH_ROWS,
  ...paymentRows(() => app),
  ...notificationRows(() => app),
  'POST /v1/transfers': {
    statuses: [201, 201, 403, 404, 403, 404, 404, 403, 403, 404, 403],
    make: async (tenant) => ({
      body: {
        from_wallet_id: tenant.walletId,
        to_wallet_id: await wallet(app, tenant.organizationId),
        amount_micros: 1,
      },
    }),
  },
  'GET /v1/transfers': { statuses: READ(200), make: queried },
  'GET /v1/transfers/{transfer_id}': {
    statuses: READ(200),
    make: async (tenant) => ({ path: { transfer_id: await transferOf(app, tenant) } }),
  },
  'PUT /v1/prices/{service}': {
    statuses: MANAGE(200),
    make: (tenant) => ({
      path: { service: 'sms_segment' },
      body: {
        organization_id: tenant.organizationId,
        unit: 'segment',
        unit_price_micros: 1,
        currency: 'usd',
      },
    }),
  },
  'GET /v1/prices': { statuses: READ(200), make: queried },
  'POST /v1/quotes': {
    statuses: READ(200),
    make: (tenant) => ({
      body: {
        organization_id: tenant.organizationId,
        items: [{ service: 'voice_minute', duration_seconds: 60 }],
      },
    }),
  },
  'POST /v1/holds': {
    statuses: OPERATE(201),
    make: (tenant) => ({ body: { wallet_id: tenant.walletId, amount_micros: 1 } }),
  },
  'GET /v1/holds/{hold_id}': { statuses: READ(200), make: ofHold() },
  'POST /v1/holds/{hold_id}/extend': {
    statuses: OPERATE(200),
    make: ofHold({ amount_micros: 1 }),
  },
  'POST /v1/holds/{hold_id}/capture': {
    statuses: OPERATE(200),
    make: ofHold({ amount_micros: 1 }),
  },
  'POST /v1/holds/{hold_id}/void': { statuses: OPERATE(200), make: ofHold({}) },
  'POST /v1/calls': {
    statuses: OPERATE(201),
    make: (tenant) => ({ body: { call_id: nextCallId(), organization_id: tenant.organizationId } }),
  },
  'GET /v1/calls': { statuses: READ(200), make: queried },
  'GET /v1/calls/{call_id}': { statuses: READ(200), make: ofCall() },
  'GET /v1/calls/{call_id}/explain': { statuses: READ(200), make: ofCall() },
  'POST /v1/calls/{call_id}/link': {
    statuses: OPERATE(200),
    make: async (tenant) => ({
      ...(await ofCall()(tenant)),
      body: { provider: 'vapi', provider_call_id: nextCallId() },
    }),
  },
  'POST /v1/calls/{call_id}/start': { statuses: OPERATE(200), make: ofCall({}) },
  'POST /v1/calls/{call_id}/check': { statuses: OPERATE(200), make: ofCall({}) },
  'POST /v1/calls/{call_id}/end': {
    statuses: OPERATE(200),
    make: ofCall({ duration_seconds: 1 }),
  },
  'POST /v1/calls/{call_id}/dial': {
    // Allowed, and this server has no account to dial with.
    statuses: OPERATE(422),
    make: (tenant) => ({
      path: { call_id: nextCallId() },
      body: {
        provider: 'vapi',
        organization_id: tenant.organizationId,
        phone_number_id: 'number',
        assistant_id: 'assistant',
        to: '+14155550100',
      },
    }),
  },
  'PUT /v1/provider_credentials/{provider}': {
    statuses: OWN_AND_MANAGED(200),
    make: (tenant) => ({ ...credentialsOf(tenant), body: { api_key: 'a-key-of-the-test' } }),
  },
  'GET /v1/provider_credentials/{provider}': {
    statuses: OWN_AND_MANAGED(200),
    make: madeCredentials,
  },
  'DELETE /v1/provider_credentials/{provider}': {
    statuses: OWN_AND_MANAGED(200),
    make: madeCredentials,
  },
  'PUT /v1/provider_bindings/{provider}/{kind}/{external_id}': {
    statuses: OWN_AND_MANAGED(200),
    make: (tenant) => ({
      path: { provider: 'vapi', kind: 'phone_number', external_id: tenant.organizationId },
      body: { organization_id: tenant.organizationId },
    }),
  },
};

function ofCall(body?: unknown) {
  return async (tenant: Tenant) => ({
    path: { call_id: await call(tenant) },
    query: `?organization_id=${tenant.organizationId}`,
    body,
  });
}

let app: TestApplication;
let all: Tenants;
let keys: Record<Asker, string>;
beforeAll(async () => {
  app = await testApplication();
  all = await tenants(app);
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 100_000, currency: 'usd' },
  });
  keys = {
    platform: await apiKey(app, 'platform'),
    agency: all.agency.keys.agency,
    client: all.client.keys.organization,
    finance: all.agency.keys.finance,
    'platform finance': await apiKey(app, 'finance'),
  };
});
afterAll(() => app.stop());

async function hold(tenant: Tenant): Promise<string> {
  const { body } = await app.request('POST', '/v1/holds', {
    body: { wallet_id: tenant.walletId, amount_micros: 5 },
  });
  return String(body.id);
}

let calls = 0;
const nextCallId = () => `call-${calls++}`;

async function call(tenant: Tenant): Promise<string> {
  const { body } = await app.request('POST', '/v1/calls', {
    body: { call_id: nextCallId(), organization_id: tenant.organizationId },
  });
  return String(body.call_id);
}

function credentialsOf(tenant: Tenant) {
  return { path: { provider: 'retell' }, query: `?organization_id=${tenant.organizationId}` };
}

async function madeCredentials(tenant: Tenant) {
  const made = credentialsOf(tenant);
  const path = `/v1/provider_credentials/retell${made.query}`;
  await app.request('PUT', path, { body: { api_key: 'a-key-of-the-test' } });
  return made;
}

async function keyIdOf(tenant: Tenant): Promise<string> {
  const { body } = await app.request('POST', '/v1/api_keys', {
    body: { organization_id: tenant.organizationId, role: 'finance', name: 'to revoke' },
  });
  return String(body.id);
}

async function statusFor(route: string, row: Row, asker: Asker, target: Target): Promise<number> {
  const [method = '', template = ''] = route.split(' ');
  const made = await row.make(all[target]);
  let path = template;
  for (const [name, value] of Object.entries(made.path ?? {})) {
    path = path.replace(`{${name}}`, encodeURIComponent(value));
  }
  const answer = await app.request(method, path + (made.query ?? ''), {
    key: keys[asker],
    ...(made.body !== undefined && { body: made.body }),
  });
  // Of a batch, what its one item was told.
  return statusesOf(answer)[0] ?? answer.status;
}

describe('who may', () => {
  test('the table has every route and no other', () => {
    expect(Object.keys(TABLE).sort()).toEqual(keyRoutes(app).sort());
  });

  test.each(Object.entries(TABLE))('%s', async (route, row) => {
    const decided: string[] = [];
    for (const [asker, target] of COLUMNS) {
      const status = await statusFor(route, row, asker, target);
      decided.push(`${asker} on ${target}: ${status}`);
    }
    const expected = COLUMNS.map(
      ([asker, target], i) => `${asker} on ${target}: ${row.statuses[i]}`,
    );
    expect(decided).toEqual(expected);
  });

  test.each(Object.keys(TABLE))(
    '%s without a key, or with a revoked one, is 401',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const none = await app.request(method, path, { headers: { authorization: '' } });
      expect(none.status).toBe(401);
      const wrong = await app.request(method, path, { key: `rf_test_${'A'.repeat(43)}` });
      expect(wrong.status).toBe(401);
      expect(wrong.body).toMatchObject({ error: { code: 'unauthenticated' } });
    },
  );
});
