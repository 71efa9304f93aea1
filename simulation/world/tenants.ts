/** Makes the planned organizations, their wallets, their money and their prices, over HTTP. */
import { type Client, expected } from '../acceptance/client.ts';
import { organization, price, SERVICE, wallet } from '../acceptance/tenants.ts';
import { inParallel } from './in-parallel.ts';
import type { Increment } from './options.ts';
import { type Plan, type PlannedWallet, RETAIL_MICROS, WHOLESALE_MICROS } from './plan.ts';

/** A planned wallet that exists. */
export interface Tenant {
  readonly organizationId: string;
  readonly walletId: string;
  readonly planned: PlannedWallet;
}

const AT_ONCE = 8;

export async function makeTenants(
  client: Client,
  plan: Plan,
  increment: Increment,
): Promise<Tenant[]> {
  await price(client, RETAIL_MICROS, { increment });
  const tenants: Tenant[] = [];
  await inParallel(plan.wallets, AT_ONCE, async (planned) => {
    const policy = { call_policy: plan.policy };
    const parent =
      planned.agencyFundsMicros === undefined
        ? {}
        : { parent_id: await agency(client, planned.agencyFundsMicros, increment, policy) };
    const organizationId = await organization(client, { ...policy, ...parent });
    const walletId = await wallet(client, organizationId, planned.fundsMicros);
    tenants.push({ organizationId, walletId, planned });
  });
  return tenants;
}

/** It pays wholesale for what its client's calls use. */
async function agency(
  client: Client,
  fundsMicros: number,
  increment: Increment,
  policy: object,
): Promise<string> {
  const organizationId = await organization(client, policy);
  await wallet(client, organizationId, fundsMicros);
  const body = {
    organization_id: organizationId,
    book: 'wholesale',
    unit: 'minute',
    rate_micros_per_minute: WHOLESALE_MICROS,
    currency: 'usd',
    increment,
  };
  expected(200, 'wholesale price', await client.put(`/v1/prices/${SERVICE}`, body));
  return organizationId;
}
