/** Bindings say whose calls a provider's objects make; nobody takes another's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { type Tenants, tenants } from '../test/tenants.ts';

let app: TestApplication;
let all: Tenants;
beforeAll(async () => {
  app = await testApplication();
  all = await tenants(app);
});
afterAll(() => app.stop());

function bind(path: string, body: unknown, key?: string) {
  return app.request('PUT', `/v1/provider_bindings/${path}`, {
    body,
    ...(key === undefined ? {} : { key }),
  });
}

describe('PUT /v1/provider_bindings', () => {
  test('binds a number with its wallet and its assistant, and again with others', async () => {
    const { organizationId, walletId } = all.client;
    const path = `vapi/phone_number/${encodeURIComponent('+14155550142')}`;
    const metadata = { assistant_id: 'a-1' };
    const first = await bind(path, {
      organization_id: organizationId,
      wallet_id: walletId,
      metadata,
    });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      provider: 'vapi',
      kind: 'phone_number',
      external_id: '+14155550142',
      organization_id: organizationId,
      wallet_id: walletId,
      metadata,
    });
    const again = await bind(path, { organization_id: organizationId });
    expect(again.body).toMatchObject({ wallet_id: null, metadata: {} });
  });

  test('an agency moves an object between itself and its client, and takes none from others', async () => {
    const { agency, client, other } = all;
    const key = agency.keys.agency;
    await bind('retell/agent/shared', { organization_id: agency.organizationId }, key);
    const moved = await bind(
      'retell/agent/shared',
      { organization_id: client.organizationId },
      key,
    );
    expect(moved.body).toMatchObject({ organization_id: client.organizationId });
    await bind('retell/agent/foreign', { organization_id: other.organizationId });
    const taken = await bind(
      'retell/agent/foreign',
      { organization_id: agency.organizationId },
      key,
    );
    expect(taken.status).toBe(409);
    expect(taken.body.error).toMatchObject({ code: 'bound_elsewhere' });
    expect(taken.text).not.toContain(other.organizationId);
    const byPlatform = await bind('retell/agent/foreign', {
      organization_id: agency.organizationId,
    });
    expect(byPlatform.status).toBe(200);
  });

  test("refuses another organization's wallet, an unknown kind and an unknown provider", async () => {
    const { client, other } = all;
    const body = { organization_id: client.organizationId };
    const wallet = await bind('vapi/account/x', { ...body, wallet_id: other.walletId });
    expect([wallet.status, wallet.body.error]).toMatchObject([404, { param: 'wallet_id' }]);
    expect((await bind('vapi/cloud/x', body)).status).toBe(400);
    expect((await bind('skype/agent/x', body)).status).toBe(400);
  });
});
