import type { TestApplication } from './application.ts';
import type { TestProcess } from './process.ts';

/** Two agencies, a client under the first, their keys and a wallet of each. */
export interface Tenants {
  agency: Tenant;
  client: Tenant;
  other: Tenant;
}

export interface Tenant {
  organizationId: string;
  walletId: string;
  keys: Record<'agency' | 'organization' | 'finance', string>;
}

/** Makes an organization and answers its id. */
export async function organization(
  app: Pick<TestProcess, 'request'>,
  name: string,
  fields: Record<string, unknown> = {},
): Promise<string> {
  return made(app, '/v1/organizations', { name, ...fields });
}

/** Makes a wallet, with a deposit if one is asked for, and answers its id. */
export async function wallet(
  app: Pick<TestProcess, 'request'>,
  organizationId: string,
  depositMicros = 0,
  fields: Record<string, unknown> = {},
): Promise<string> {
  const body = { organization_id: organizationId, currency: 'usd', ...fields };
  const id = await made(app, '/v1/wallets', body);
  if (depositMicros > 0) {
    await made(app, `/v1/wallets/${id}/credits`, { kind: 'deposit', amount_micros: depositMicros });
  }
  return id;
}

export async function apiKey(
  app: Pick<TestProcess, 'request'>,
  role: string,
  organizationId?: string,
): Promise<string> {
  const { status, body } = await app.request('POST', '/v1/api_keys', {
    body: {
      role,
      name: role,
      ...(organizationId !== undefined && { organization_id: organizationId }),
    },
  });
  if (status !== 201 || typeof body.key !== 'string') throw new Error(JSON.stringify(body));
  return body.key;
}

/** Moves a micro from a tenant's wallet to a new one of the same organization; answers its id. */
export async function transferOf(
  app: Pick<TestProcess, 'request'>,
  tenant: Tenant,
): Promise<string> {
  return made(app, '/v1/transfers', {
    from_wallet_id: tenant.walletId,
    to_wallet_id: await wallet(app, tenant.organizationId),
    amount_micros: 1,
  });
}

/** A package for the customers of a tenant. */
export const packageOf = ({ organizationId }: Tenant) => ({
  organization_id: organizationId,
  name: 'Starter',
  price_micros: 25_000_000,
  price_currency: 'usd',
  credit_micros: 25_000_000,
});

let orders = 0;

/** Writes the order of a top-up that nobody has put to Stripe; answers its id. */
export async function topUpOf(app: TestApplication, tenant: Tenant): Promise<string> {
  orders += 1;
  const { topUp } = await app.core.directory.topUps.create({
    organizationId: tenant.organizationId,
    walletId: tenant.walletId,
    packageId: null,
    title: 'Prepaid credit',
    chargeMinor: 2_500,
    chargeCurrency: 'usd',
    creditMicros: 25_000_000,
    bonusMicros: 0,
    saveCard: false,
    successUrl: 'http://127.0.0.1/',
    cancelUrl: 'http://127.0.0.1/',
    request: { scope: tenant.organizationId, key: `order ${orders}`, fingerprint: 'test' },
  });
  return topUp.id;
}

/** Sets an auto-recharge that nothing brings about: the wallet has more. */
export async function rechargeOf(app: TestApplication, tenant: Tenant): Promise<void> {
  const { organizationId, walletId } = tenant;
  const terms = {
    thresholdMicros: 0,
    amountMicros: 5_000_000,
    targetMicros: null,
    dailyMaxMicros: null,
    monthlyMaxMicros: null,
    dailyMaxCount: 1,
    monthlyMaxCount: 1,
    bridgeMicros: 0,
    coolOffSeconds: 60,
    failuresMax: 1,
    returnUrl: 'http://127.0.0.1/',
  };
  const wallet = { id: walletId, organizationId, currency: 'usd' };
  const card = { customerId: 'cus_1', paymentMethod: 'pm_1', cardBrand: 'visa', cardLast4: '4242' };
  await app.core.directory.autoRecharges.put(wallet, terms, card);
}

export async function tenants(app: Pick<TestProcess, 'request'>): Promise<Tenants> {
  const agency = await tenant(app, 'Agency');
  const client = await tenant(app, 'Client', agency.organizationId);
  const other = await tenant(app, 'Other');
  return { agency, client, other };
}

async function tenant(
  app: Pick<TestProcess, 'request'>,
  name: string,
  parentId?: string,
): Promise<Tenant> {
  const organizationId = await organization(app, name, parentId ? { parent_id: parentId } : {});
  return {
    organizationId,
    walletId: await wallet(app, organizationId, 1_000_000_000),
    keys: {
      agency: await apiKey(app, 'agency', organizationId),
      organization: await apiKey(app, 'organization', organizationId),
      finance: await apiKey(app, 'finance', organizationId),
    },
  };
}

async function made(
  app: Pick<TestProcess, 'request'>,
  path: string,
  body: unknown,
): Promise<string> {
  const answer = await app.request('POST', path, { body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.text}`);
  return String(answer.body.id ?? '');
}
