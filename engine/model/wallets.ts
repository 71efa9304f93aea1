// Wallets of the model: all of a command's wallets or the word on those missing; waking; finality.

import { isFrozen, spendableOf } from '../amounts.ts';
import type { HoldState, WalletState } from '../generated/layouts.ts';
import { paidUntil } from './clock.ts';
import type { Draft } from './state.ts';

export interface NotLoaded {
  readonly status: 'wallet_not_loaded';
  readonly replayed: false;
  readonly loadEpoch: number;
  readonly nowMs: number;
  readonly walletIds: readonly string[];
}

/** The wallets in order, or the answer that names those that Redis does not hold. */
export function walletsOf(draft: Draft, ids: readonly string[]): WalletState[] | NotLoaded {
  const wallets = ids.flatMap((id) => draft.wallets.get(id) ?? []);
  return wallets.length === ids.length ? wallets : notLoaded(draft, ids);
}

/** The answer that names those of the wallets that Redis does not hold. */
export function notLoaded(draft: Draft, ids: readonly string[]): NotLoaded {
  const walletIds = ids.filter((id) => !draft.wallets.has(id));
  const { loadEpoch, nowMs } = draft.partition;
  return { status: 'wallet_not_loaded', replayed: false, loadEpoch, nowMs, walletIds };
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
