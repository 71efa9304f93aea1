/** "Who may" on the routes of alerts and outgoing webhooks. */
import type { TestApplication } from './application.ts';
import type { Tenant } from './tenants.ts';
import { OWN_AND_MANAGED, READ, type Row } from './who-may.ts';

const queried = (tenant: Tenant) => ({ query: `?organization_id=${tenant.organizationId}` });

/** Nothing is sent there: the address is nobody's. */
export const webhookEndpointOf = ({ organizationId }: Pick<Tenant, 'organizationId'>) => ({
  organization_id: organizationId,
  url: 'https://8.8.8.8/hooks',
  events: ['webhook.test'],
});

/** Makes an endpoint and a delivery to it; answers their ids. */
export async function webhookOf(
  app: TestApplication,
  tenant: Tenant,
): Promise<{ endpoint_id: string; delivery_id: string }> {
  const body = webhookEndpointOf(tenant);
  const made = await app.request('POST', '/v1/webhook_endpoints', { body });
  const id = String(made.body.id);
  // Disabled, so that nothing is sent to it.
  await app.request('PATCH', `/v1/webhook_endpoints/${id}`, { body: { status: 'disabled' } });
  const sent = await app.request('POST', `/v1/webhook_endpoints/${id}/test`);
  return { endpoint_id: id, delivery_id: String(sent.body.id) };
}

/** Writes a recipient that nobody sends to; answers its id. */
export async function recipientOf(app: TestApplication, tenant: Tenant): Promise<string> {
  const { notificationEndpoints } = app.core.directory;
  const id = notificationEndpoints.newId('email');
  const write = notificationEndpoints.creating({
    id,
    channel: 'email',
    organizationId: tenant.organizationId,
    target: 'somebody@example.com',
    description: '',
    events: ['webhook.test'],
    includeDescendants: false,
    sealed: null,
  });
  await app.core.stores.directory.begin((tx) => write(tx, () => undefined));
  return id;
}

/** @param app known once the tests run */
export function notificationRows(app: () => TestApplication): Record<string, Row> {
  const onEndpoint = (body?: unknown) => async (tenant: Tenant) => {
    const { endpoint_id } = await webhookOf(app(), tenant);
    return { path: { endpoint_id }, body };
  };
  const onDelivery = async (tenant: Tenant) => {
    const { delivery_id } = await webhookOf(app(), tenant);
    return { path: { delivery_id } };
  };
  const one = '/v1/webhook_endpoints/{endpoint_id}';
  return {
    'POST /v1/webhook_endpoints': {
      statuses: OWN_AND_MANAGED(201),
      make: (tenant) => ({ body: webhookEndpointOf(tenant) }),
    },
    'GET /v1/webhook_endpoints': { statuses: READ(200), make: queried },
    [`GET ${one}`]: { statuses: READ(200), make: onEndpoint() },
    [`PATCH ${one}`]: {
      statuses: OWN_AND_MANAGED(200),
      make: onEndpoint({ description: 'changed' }),
    },
    [`DELETE ${one}`]: { statuses: OWN_AND_MANAGED(200), make: onEndpoint() },
    [`POST ${one}/rotate_secret`]: { statuses: OWN_AND_MANAGED(200), make: onEndpoint() },
    [`POST ${one}/test`]: { statuses: OWN_AND_MANAGED(201), make: onEndpoint() },
    [`GET ${one}/deliveries`]: { statuses: READ(200), make: onEndpoint() },
    [`POST ${one}/replay`]: {
      statuses: OWN_AND_MANAGED(200),
      make: onEndpoint({ from: '2026-01-01T00:00:00Z' }),
    },
    'GET /v1/webhook_deliveries/{delivery_id}': { statuses: READ(200), make: onDelivery },
    'POST /v1/webhook_deliveries/{delivery_id}/replay': {
      statuses: OWN_AND_MANAGED(200),
      make: onDelivery,
    },
    'POST /v1/email_recipients': {
      // Allowed, and this server sends no mail.
      statuses: OWN_AND_MANAGED(400),
      make: ({ organizationId }) => ({
        body: { organization_id: organizationId, email: 'somebody@example.com' },
      }),
    },
    'GET /v1/email_recipients': { statuses: READ(200), make: queried },
    'DELETE /v1/email_recipients/{recipient_id}': {
      statuses: OWN_AND_MANAGED(200),
      make: async (tenant) => ({ path: { recipient_id: await recipientOf(app(), tenant) } }),
    },
    'GET /v1/wallets/{wallet_id}/alerts': {
      statuses: READ(200),
      make: ({ walletId }) => ({ path: { wallet_id: walletId } }),
    },
    'PUT /v1/wallets/{wallet_id}/alerts': {
      statuses: OWN_AND_MANAGED(200),
      make: ({ walletId }) => ({
        path: { wallet_id: walletId },
        body: { alerts: [{ kind: 'minutes', minutes: 5 }] },
      }),
    },
  };
}
