/**
 * Who pays for a call, and at what price: the client at retail, and each agency above it that has
 * wholesale prices at wholesale. All legs are held in one step or none is.
 */
import { FREE, type Price } from '../../engine/index.ts';
import type { CallDirectory, OrganizationFacts, PriceFacts, WalletFacts } from '../doors.ts';

export const CALL_SERVICE = 'voice_minute';

/** The engine takes at most four wallets in one step. */
const LEGS_MAX = 4;

/** The currency of a free call when no price says one: its wallet needs some. */
const CURRENCY_OF_FREE_CALLS = 'usd';

export interface SessionLeg {
  readonly walletId: string;
  /** `client`, then `agency`, `agency_2`, ... upwards. */
  readonly role: string;
  readonly price: Price;
}

export interface SessionLegs {
  readonly status: 'legs';
  readonly partition: number;
  /** True when the organization is not billed: nothing is held, refused or charged. */
  readonly unbilled: boolean;
  /** The client's wallet is recharged when it runs low. */
  readonly recharges: boolean;
  readonly legs: readonly SessionLeg[];
}

export type LegsRefusal =
  | { readonly status: 'wallet_not_found'; readonly walletId: string }
  | {
      readonly status: 'price_not_found';
      readonly organizationId: string;
      readonly service: string;
      readonly book: 'retail' | 'wholesale';
    }
  | {
      readonly status: 'currency_mismatch';
      readonly walletCurrency: string;
      readonly priceCurrency: string;
    }
  | { readonly status: 'too_many_agencies'; readonly legsMax: number };

/**
 * @param chain the calling organization and its ancestors, nearest first; not empty.
 * @param walletId the client's wallet when the caller names one.
 */
export async function resolveLegs(
  directory: CallDirectory,
  chain: readonly [OrganizationFacts, ...OrganizationFacts[]],
  service: string,
  walletId: string | undefined,
): Promise<SessionLegs | LegsRefusal> {
  const [client, ...agencies] = chain;
  const unbilled = !client.billingEnabled;
  const retail = await directory.price(client.id, service, 'retail');
  const clientPrice = unbilled ? FREE : callPrice(retail);
  if (clientPrice === undefined) return priceNotFound(client.id, service, 'retail');
  const paying = await clientWallet(directory, client, walletId, retail?.currency);
  if ('status' in paying) return paying;
  const legs: SessionLeg[] = [{ walletId: paying.id, role: 'client', price: clientPrice }];
  for (const agency of agencies) {
    if (!(await directory.hasWholesale(agency.id))) continue;
    const wholesale = await directory.price(agency.id, service, 'wholesale');
    const price = callPrice(wholesale);
    if (wholesale === undefined || price === undefined) {
      if (unbilled) continue;
      return priceNotFound(agency.id, service, 'wholesale');
    }
    if (legs.length === LEGS_MAX) return { status: 'too_many_agencies', legsMax: LEGS_MAX };
    const wallet = await directory.defaultWallet(agency, wholesale.currency);
    const free = unbilled || !agency.billingEnabled;
    legs.push({ walletId: wallet.id, role: agencyRole(legs.length), price: free ? FREE : price });
  }
  const recharges = paying.recharges === true;
  return { status: 'legs', partition: paying.partition, unbilled, recharges, legs };
}

function agencyRole(agenciesBelow: number): string {
  return agenciesBelow === 1 ? 'agency' : `agency_${agenciesBelow}`;
}

async function clientWallet(
  directory: CallDirectory,
  client: OrganizationFacts,
  walletId: string | undefined,
  currency: string | undefined,
): Promise<WalletFacts | LegsRefusal> {
  if (walletId === undefined) {
    return await directory.defaultWallet(client, currency ?? CURRENCY_OF_FREE_CALLS);
  }
  const wallet = await directory.wallet(walletId);
  // A wallet of another organization does not exist for this one.
  if (wallet === undefined || wallet.organizationId !== client.id) {
    return { status: 'wallet_not_found', walletId };
  }
  if (currency !== undefined && wallet.currency !== currency) {
    return {
      status: 'currency_mismatch',
      walletCurrency: wallet.currency,
      priceCurrency: currency,
    };
  }
  return wallet;
}

function priceNotFound(
  organizationId: string,
  service: string,
  book: 'retail' | 'wholesale',
): LegsRefusal {
  return { status: 'price_not_found', organizationId, service, book };
}

/** The price as the engine pins it into the hold. Undefined for a price by the unit. */
function callPrice(price: PriceFacts | undefined): Price | undefined {
  if (price === undefined || price.rateMicrosPerMinute === null) return undefined;
  return {
    rateMicrosPerMinute: price.rateMicrosPerMinute,
    initialMs: price.exact ? 0 : price.initialSeconds * 1000,
    subsequentMs: price.exact ? 0 : price.subsequentSeconds * 1000,
    connectionFeeMicros: price.connectionFeeMicros,
    minimumMicros: price.minimumMicros,
  };
}
