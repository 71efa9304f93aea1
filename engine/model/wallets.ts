// Wallets of the model: all of a command's wallets or the first that is missing; waking; finality.

import { isFrozen, spendableOf } from '../amounts.ts';
import type { HoldState, WalletState } from '../generated/layouts.ts';
import { paidUntil } from './clock.ts';
import type { Draft } from './state.ts';

/** The wallets in order, or the id of the first one that Redis does not hold. */
export function walletsOf(draft: Draft, ids: readonly string[]): WalletState[] | string {
  const wallets: WalletState[] = [];
  for (const id of ids) {
    const wallet = draft.wallets.get(id);
    if (!wallet) return id;
    wallets.push(wallet);
  }
  return wallets;
}

/** More to spend, or free to spend again: the wallet's final calls are looked at now. */
export function wakeIfRicher(
  draft: Draft,
  walletId: string,
  before: WalletState,
  after: WalletState,
): void {
  const richer = spendableOf(after) > spendableOf(before) || (isFrozen(before) && !isFrozen(after));
  if (richer && after.finalCalls > 0) draft.due.set(walletId, draft.partition.nowMs);
}

/** Enters the hold among its wallets' final calls, or takes it out, and counts it once. */
export function trackFinality(
  draft: Draft,
  holdId: string,
  before: HoldState,
  after: HoldState,
): void {
  const was = before.finalReason !== '';
  const is = after.finalReason !== '';
  for (const { walletId } of after.legs) {
    const finals = new Map(draft.finals.get(walletId));
    if (is) finals.set(holdId, paidUntil(after));
    else finals.delete(holdId);
    draft.finals.set(walletId, finals);
    const wallet = draft.wallets.get(walletId);
    if (wallet && was !== is) {
      draft.wallets.set(walletId, { ...wallet, finalCalls: wallet.finalCalls + (is ? 1 : -1) });
    }
  }
}
