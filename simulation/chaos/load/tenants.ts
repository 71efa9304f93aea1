/** Clients of agencies: their calls are paid by both, their transfers stay in a partition or cross. */
import { partitionOf } from '../../../engine/index.ts';
import { type Client, expected } from '../../acceptance/client.ts';
import { organization, price, SERVICE, wallet } from '../../acceptance/tenants.ts';
import type { Tenant } from './errands.ts';

export const DEPOSIT_MICROS = 1_000_000_000;

/** Per minute. */
export const RETAIL_MICROS = 60_000;
const WHOLESALE_MICROS = 30_000;
/** Ringfence's default: the run does not set another. */
export const PARTITIONS = 64;
const ATTEMPTS_MAX = 100;

/** @returns tenants in partitions that are all different */
export async function makeTenants(client: Client, count: number): Promise<Tenant[]> {
  await price(client, RETAIL_MICROS);
  const tenants: Tenant[] = [];
  const taken = new Set<number>();
  for (let n = 0; tenants.length < count; n += 1) {
    if (n === ATTEMPTS_MAX) throw new Error(`no ${count} organizations in different partitions`);
    const agencyId = await organization(client);
    const partition = partitionOf(agencyId, PARTITIONS);
    if (taken.has(partition)) continue;
    taken.add(partition);
    tenants.push({ ...(await clientOf(client, agencyId)), partition });
  }
  return tenants;
}

async function clientOf(client: Client, agencyId: string): Promise<Omit<Tenant, 'partition'>> {
  const wholesale = {
    organization_id: agencyId,
    book: 'wholesale',
    unit: 'minute',
    rate_micros_per_minute: WHOLESALE_MICROS,
    currency: 'usd',
  };
  const path = `/v1/prices/${SERVICE}`;
  expected(200, 'wholesale price', await client.put(path, wholesale));
  const organizationId = await organization(client, { parent_id: agencyId });
  const agencyWalletId = await wallet(client, agencyId, DEPOSIT_MICROS);
  const walletId = await wallet(client, organizationId, DEPOSIT_MICROS);
  return {
    organizationId,
    walletId,
    agencyWalletId,
    retailMicros: RETAIL_MICROS,
    wholesaleMicros: WHOLESALE_MICROS,
  };
}
