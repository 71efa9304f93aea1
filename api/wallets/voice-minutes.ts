import {
  coveredMs,
  isFree,
  type Price,
  spendableOf,
  type WalletState,
} from '../../engine/index.ts';
import { callPrice, type Directory, type Wallet } from '../../persistence/index.ts';

/** The service that calls are priced by. */
const CALL_SERVICE = 'voice_minute';
const MINUTE_MS = 60_000;

/**
 * What a minute costs the owner of a wallet, in the wallet's currency. Undefined when calls are free
 * for it, or cannot be paid from this wallet: no price, one by the unit, one in another currency.
 */
export async function voicePriceFor(
  { organizations, prices }: Pick<Directory, 'organizations' | 'prices'>,
  { organizationId, currency }: Pick<Wallet, 'organizationId' | 'currency'>,
): Promise<Price | undefined> {
  const [organization, listed] = await Promise.all([
    organizations.get(organizationId),
    prices.priceFor(organizationId, CALL_SERVICE, 'retail', currency),
  ]);
  if (organization?.billingEnabled !== true || listed === undefined) return undefined;
  const price = callPrice(listed);
  return price === undefined || isFree(price) ? undefined : price;
}

/**
 * Whole minutes of one call that a wallet's spendable pays for now; 0 when it is at its floor, null
 * when there is no price or money does not limit the call (a fee without a rate, once it is paid).
 */
export function minutesRemaining(price: Price | undefined, state: WalletState): number | null {
  if (price === undefined) return null;
  const ms = coveredMs(price, Math.max(0, spendableOf(state)));
  return ms === Number.MAX_SAFE_INTEGER ? null : Math.floor(ms / MINUTE_MS);
}
