import type { Organization } from '../../persistence/index.ts';
import type { Services } from '../services.ts';
import { amountOf, type Item, priced, totalOf } from './item.ts';
import { agencyCanPay } from './payers.ts';

/**
 * The first agency above a client that could not pay its wholesale part of these items now, as the
 * role its leg would have (`agency`, then `agency_2` upwards); undefined when all could. Its figures
 * stay its own: a client learns that it is short, as from the refusal of a call, and not by how much.
 * @throws Problem price_not_found where the call or charge itself would be refused for that
 */
export async function shortAgency(
  services: Services,
  client: Organization,
  items: readonly Item[],
): Promise<string | undefined> {
  if (!client.billingEnabled) return undefined;
  const { organizations, prices } = services.directory;
  const [, ...agencies] = await organizations.chain(client.id);
  let legs = 0;
  for (const agency of agencies) {
    if (!(await prices.hasWholesale(agency.id))) continue;
    legs += 1;
    const amounts = new Map<string, number[]>();
    for (const item of items) {
      const price = priced(await prices.priceFor(agency.id, item.service, 'wholesale'), item);
      const sums = amounts.get(price.currency) ?? [];
      amounts.set(price.currency, [...sums, amountOf(price, item)]);
    }
    if (!agency.billingEnabled) continue;
    for (const [currency, sums] of amounts) {
      if (await agencyCanPay(services, agency.id, currency, totalOf(sums))) continue;
      return legs === 1 ? 'agency' : `agency_${legs}`;
    }
  }
  return undefined;
}
