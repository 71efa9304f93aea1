import type { Directory, ServicePrice, Wallet } from '../../persistence/index.ts';
import { Problem } from '../http/problem.ts';
import { unitPriceOf } from './unit-price.ts';

/** One wallet's part of a charge. */
export interface ChargeLeg {
  walletId: string;
  role: string;
  amountMicros: number;
}

/** Wallets that one script may move. */
const LEGS_MAX = 4;

/** What the legs are made from. */
export type LegDirectory = Pick<Directory, 'organizations' | 'prices' | 'defaultWallets'>;

/** A charge of an amount: the wallet alone. */
export function amountLegs(wallet: Wallet, amountMicros: number): ChargeLeg[] {
  return [{ walletId: wallet.id, role: 'client', amountMicros }];
}

/**
 * A charge by the price book: the wallet at retail, and each agency above that has wholesale prices
 * at wholesale, all in one script or none.
 * @throws Problem price_not_found, currency_mismatch
 */
export async function serviceLegs(
  directory: LegDirectory,
  wallet: Wallet,
  service: string,
  quantity: number,
): Promise<ChargeLeg[]> {
  const retail = await directory.prices.priceFor(wallet.organizationId, service, 'retail');
  const legs = amountLegs(wallet, unitPriceOf(found(retail, service), quantity));
  if (retail?.currency !== wallet.currency) {
    throw new Problem('currency_mismatch', undefined, {
      param: 'service',
      details: { price_currency: retail?.currency, wallet_currency: wallet.currency },
    });
  }
  const [, ...agencies] = await directory.organizations.chain(wallet.organizationId);
  for (const agency of agencies) {
    if (!(await directory.prices.hasWholesale(agency.id)) || !agency.billingEnabled) continue;
    const price = found(await directory.prices.priceFor(agency.id, service, 'wholesale'), service);
    const payer = await directory.defaultWallets.find(agency, price.currency);
    legs.push({
      walletId: payer.id,
      role: 'agency',
      amountMicros: unitPriceOf(price, quantity),
    });
  }
  if (legs.length > LEGS_MAX) {
    throw new Problem('invalid_request', `At most ${LEGS_MAX} wallets can pay for one charge.`);
  }
  return legs;
}

function found(price: ServicePrice | undefined, service: string): ServicePrice {
  if (price !== undefined) return price;
  throw new Problem('price_not_found', `No price is set for ${service}.`, { param: 'service' });
}
