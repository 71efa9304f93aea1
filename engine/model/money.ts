// The model of a wallet's money: what may be spent, what fits, what went under the floor.

import { floorOf, spendableOf } from '../amounts.ts';
import type { WalletState } from '../generated/layouts.ts';

const MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * I9: after the movement every figure of the wallet is an integer within 2^53-1, and stays so when
 * holds end, so that no end of a hold can be refused for its release. Exact, whatever the size.
 */
export function fits(wallet: WalletState, amountMicros: number, heldDeltaMicros: number): boolean {
  const posted = BigInt(wallet.postedMicros) + BigInt(amountMicros);
  const held = BigInt(wallet.heldMicros) + BigInt(heldDeltaMicros);
  const floor = BigInt(wallet.cutoffThresholdMicros) - BigInt(wallet.creditLimitMicros);
  const figures = [posted, held, floor, posted - held, posted - held - floor, posted - floor];
  return figures.every((figure) => figure <= MAX && figure >= -MAX);
}

/** What the wallet may spend on growth of a hold; never negative. */
export function freeMoney(wallet: WalletState): number {
  return Math.max(0, spendableOf(wallet));
}

/** An asset is paid from money that is there: credit does not count, a reserve does. */
export function assetMoney(wallet: WalletState): number {
  return wallet.postedMicros - wallet.heldMicros - Math.max(0, floorOf(wallet));
}

/** I3: how much deeper under its floor the wallet is now than it was, >= 0. */
export function shortfallBetween(before: WalletState, after: WalletState): number {
  const under = (wallet: WalletState) => Math.max(0, -spendableOf(wallet));
  return Math.max(0, under(after) - under(before));
}
