// What is derived from a wallet, the same as in lua/lib/wallet.lua.

import type { WalletState } from './generated/layouts.ts';

/** posted - held, in micros. */
export function availableOf(wallet: WalletState): number {
  return wallet.postedMicros - wallet.heldMicros;
}

/** By an operator, or because its ledger is in doubt: each is lifted by itself. */
export function isFrozen({ frozen, quarantined }: WalletState): boolean {
  return frozen || quarantined;
}

/** The level below which nothing may be spent: cutoff threshold - credit limit, in micros. */
export function floorOf(wallet: WalletState): number {
  return wallet.cutoffThresholdMicros - wallet.creditLimitMicros;
}

/** available - floor, in micros; negative when the wallet went under its floor. */
export function spendableOf(wallet: WalletState): number {
  return availableOf(wallet) - floorOf(wallet);
}
