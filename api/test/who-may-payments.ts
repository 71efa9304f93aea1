/** "Who may" on the routes of money by card. */
import type { TestApplication } from './application.ts';
import { packageOf, rechargeOf, type Tenant, topUpOf } from './tenants.ts';
import { OPERATE, READ, type Row } from './who-may.ts';

/** Agencies in their own tree, of what makes no money; the package of the table does not. */
const SELLS = (ok: number) => [ok, ok, ok, 404, 403, 404, 404, 403, 403, 404, 403];

const queried = (tenant: Tenant) => ({ query: `?organization_id=${tenant.organizationId}` });

/** @param app known once the tests run */
export function paymentRows(app: () => TestApplication): Record<string, Row> {
  const recharge = '/v1/wallets/{wallet_id}/auto_recharge';
  const withRecharge = async (tenant: Tenant) => {
    await rechargeOf(app(), tenant);
    return { path: { wallet_id: tenant.walletId } };
  };
  return {
    [`GET ${recharge}`]: { statuses: READ(200), make: withRecharge },
    [`PUT ${recharge}`]: {
      // Allowed, and this server takes no cards.
      statuses: OPERATE(422),
      make: ({ walletId }) => ({
        path: { wallet_id: walletId },
        body: {
          threshold_micros: 1_000_000,
          amount_micros: 5_000_000,
          return_url: 'http://127.0.0.1/',
        },
      }),
    },
    [`DELETE ${recharge}`]: { statuses: OPERATE(200), make: withRecharge },
    'POST /v1/wallets/{wallet_id}/top_ups': {
      // Allowed, and this server takes no cards.
      statuses: OPERATE(422),
      make: ({ walletId }) => ({
        path: { wallet_id: walletId },
        body: { amount_micros: 5_000_000, success_url: 'http://127.0.0.1/' },
      }),
    },
    'GET /v1/top_ups': { statuses: READ(200), make: queried },
    'GET /v1/top_ups/{top_up_id}': {
      statuses: READ(200),
      make: async (tenant) => ({ path: { top_up_id: await topUpOf(app(), tenant) } }),
    },
    'POST /v1/packages': {
      statuses: SELLS(201),
      make: (tenant) => ({ body: packageOf(tenant) }),
    },
    'GET /v1/packages': { statuses: READ(200), make: queried },
    'DELETE /v1/packages/{package_id}': {
      statuses: SELLS(200),
      make: async (tenant) => {
        const made = await app().request('POST', '/v1/packages', { body: packageOf(tenant) });
        return { path: { package_id: String(made.body.id) } };
      },
    },
  };
}
