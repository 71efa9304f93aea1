import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, type Tenants, tenants, wallet } from '../test/tenants.ts';

let app: TestApplication;
let all: Tenants;
beforeAll(async () => {
  app = await testApplication();
  all = await tenants(app);
});
afterAll(() => app.stop());

const idsOf = (body: Record<string, unknown>) =>
  (body.data as { id: string }[]).map((item) => item.id);

describe('wallets', () => {
  test('are made with their limits and read with their balance', async () => {
    const answer = await app.request('POST', '/v1/wallets', {
      body: {
        organization_id: all.client.organizationId,
        currency: 'credit',
        name: 'Voice',
        credit_limit_micros: 500,
        cutoff_threshold_micros: 100,
        max_live_calls: 3,
      },
    });
    expect(answer.status).toBe(201);
    const read = await app.request('GET', `/v1/wallets/${answer.body.id}`);
    const { as_of: _, ...expected } = answer.body;
    expect(read.body).toMatchObject(expected);
    expect(read.body).toMatchObject({
      organization_id: all.client.organizationId,
      currency: 'credit',
      posted_micros: 0,
      available_micros: 0,
      spendable_micros: 400,
      live_calls: 0,
      status: 'active',
      level: 'GOOD',
      sequence: 0,
      ledger_sequence: 0,
    });
  });

  test.each([
    [{ currency: 'USD' }, 'currency'],
    [{ currency: 'xyz' }, 'currency'],
    [{ currency: 'us$' }, 'currency'],
    [{ currency: undefined }, 'currency'],
    [{ credit_limit_micros: -1 }, 'credit_limit_micros'],
    [{ credit_limit_micros: 1.5 }, 'credit_limit_micros'],
    [{ max_live_calls: '5' }, 'max_live_calls'],
    [{ posted_micros: 5 }, 'posted_micros'],
  ])('%j is refused, naming %s', async (fields, param) => {
    const body = { organization_id: all.client.organizationId, currency: 'usd', ...fields };
    const answer = await app.request('POST', '/v1/wallets', { body });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { param } });
  });

  test('PATCH changes what is named and leaves the rest', async () => {
    const id = await wallet(app, all.client.organizationId, 100, { credit_limit_micros: 7 });
    const path = `/v1/wallets/${id}`;
    const changed = await app.request('PATCH', path, {
      body: { low_balance_threshold_micros: 90, status: 'frozen' },
    });
    expect(changed.body).toMatchObject({
      credit_limit_micros: 7,
      low_balance_threshold_micros: 90,
      status: 'frozen',
      level: 'OK',
      sequence: 2,
    });
    const thawed = await app.request('PATCH', path, { body: { status: 'active' } });
    expect(thawed.body).toMatchObject({ status: 'active', sequence: 3 });
    expect((await app.request('PATCH', path, { body: {} })).status).toBe(400);
  });

  test('a freeze and a quarantine are told apart, and neither lifts the other', async () => {
    const organizationId = all.client.organizationId;
    const walletId = await wallet(app, organizationId, 100);
    const path = `/v1/wallets/${walletId}`;
    const row = await app.core.directory.wallets.get(walletId);
    const place = { partition: row?.partition ?? -1, organizationId, walletId };
    const quarantine = (quarantined: boolean) =>
      app.core.engine.configure({ ...place, changes: { quarantined } });
    const set = (status: string) => app.request('PATCH', path, { body: { status } });
    await quarantine(true);
    const both = { status: 'frozen', frozen_by: ['operator', 'quarantine'] };
    expect((await set('frozen')).body).toMatchObject(both);
    expect((await set('active')).body).toMatchObject({
      status: 'frozen',
      frozen_by: ['quarantine'],
    });
    await set('frozen');
    await quarantine(false);
    const frozen = { status: 'frozen', frozen_by: ['operator'] };
    expect((await app.request('GET', path)).body).toMatchObject(frozen);
    expect((await set('active')).body).toMatchObject({ status: 'active', frozen_by: [] });
  });

  test('lists hold what the key may see and nothing else', async () => {
    const platform = idsOf((await app.request('GET', '/v1/wallets?limit=100')).body);
    expect(platform).toEqual(expect.arrayContaining([all.agency.walletId, all.other.walletId]));
    const key = all.agency.keys.agency;
    const agency = idsOf((await app.request('GET', '/v1/wallets?limit=100', { key })).body);
    expect(agency).toEqual(expect.arrayContaining([all.agency.walletId, all.client.walletId]));
    expect(agency).not.toContain(all.other.walletId);
    const own = { key: all.other.keys.organization };
    const other = idsOf((await app.request('GET', '/v1/wallets', own)).body);
    expect(other).toEqual([all.other.walletId]);
  });
});

describe('organizations', () => {
  test('lists hold what the key may see and nothing else', async () => {
    const read = async (key: string) =>
      idsOf((await app.request('GET', '/v1/organizations?limit=100', { key })).body).sort();
    const { agency, client, other } = all;
    expect(await read(client.keys.organization)).toEqual([client.organizationId]);
    expect(await read(other.keys.agency)).toEqual([other.organizationId]);
    const family = [agency.organizationId, client.organizationId].sort();
    expect(await read(agency.keys.agency)).toEqual(family);
    expect(await read(agency.keys.finance)).toEqual(family);
  });

  test('an agency makes clients below itself, and cannot set billing_enabled', async () => {
    const key = all.other.keys.agency;
    const made = await app.request('POST', '/v1/organizations', { key, body: { name: 'New' } });
    expect(made.body).toMatchObject({
      parent_id: all.other.organizationId,
      billing_enabled: true,
    });
    const free = await app.request('POST', '/v1/organizations', {
      key,
      body: { name: 'Free', billing_enabled: false },
    });
    expect(free.status).toBe(403);
    const patched = await app.request('PATCH', `/v1/organizations/${made.body.id}`, {
      key,
      body: { billing_enabled: false },
    });
    expect(patched.status).toBe(403);
  });

  test('a call policy out of bounds is refused, naming its field', async () => {
    const answer = await app.request('POST', '/v1/organizations', {
      body: { name: 'Strict', call_policy: { quantum_seconds: 4 } },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: { param: 'call_policy.quantum_seconds' } });
  });

  test('the parent never changes', async () => {
    const id = await organization(app, 'Orphan');
    const answer = await app.request('PATCH', `/v1/organizations/${id}`, {
      body: { parent_id: all.other.organizationId },
    });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ error: { code: 'parent_change_refused' } });
  });
});

describe('API keys', () => {
  test('are shown once, listed without their text, and end at once', async () => {
    const made = await app.request('POST', '/v1/api_keys', {
      body: { organization_id: all.client.organizationId, role: 'organization', name: 'CI' },
    });
    const key = String(made.body.key);
    expect(key).toMatch(/^rf_/);
    expect((await app.request('GET', '/v1/wallets', { key })).status).toBe(200);
    const listed = await app.request(
      'GET',
      `/v1/api_keys?organization_id=${all.client.organizationId}`,
    );
    expect(listed.text).toContain(String(made.body.id));
    expect(listed.text).not.toContain(key);
    await app.request('DELETE', `/v1/api_keys/${made.body.id}`);
    expect((await app.request('GET', '/v1/wallets', { key })).status).toBe(401);
  });

  test.each([
    [{ role: 'platform', organization: true }, 400],
    [{ role: 'organization', organization: false }, 400],
    [{ role: 'owner', organization: true }, 400],
  ])('%j is refused', async ({ role, organization: named }, status) => {
    const answer = await app.request('POST', '/v1/api_keys', {
      body: { role, name: 'k', ...(named && { organization_id: all.client.organizationId }) },
    });
    expect(answer.status).toBe(status);
  });

  test('an agency makes no platform keys', async () => {
    const answer = await app.request('POST', '/v1/api_keys', {
      key: all.agency.keys.agency,
      body: { role: 'platform', name: 'root' },
    });
    expect(answer.status).toBe(403);
  });
});
