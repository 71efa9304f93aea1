// How far a call's money reaches: cover, fair shares, and why cover stops growing.

import { isFrozen, spendableOf } from '../amounts.ts';
import type { HoldState, Leg, WalletState } from '../generated/layouts.ts';
import { coveredMs, priceOf } from '../price.ts';
import { paidUntil } from './clock.ts';
import { fits, freeMoney } from './money.ts';

/** The talk (ms) that what is held pays for on every leg, at most the longest allowed. */
export function heldCover(hold: HoldState): number {
  return Math.min(hold.maxDurationMs, ...hold.legs.map((leg) => coveredMs(leg, leg.heldMicros)));
}

/** What one millisecond beyond the cover costs more than is held on this leg. */
function incrementOf(hold: HoldState, leg: Leg): number {
  return priceOf(leg, hold.coveredMs + 1) - leg.heldMicros;
}

/** A leg's part of scarce money: an equal share among live calls, but enough for one increment. */
function allowance(hold: HoldState, leg: Leg, wallet: WalletState): number {
  if (isFrozen(wallet)) return 0;
  const free = freeMoney(wallet);
  const fair = Math.floor(free / Math.max(1, wallet.liveCalls));
  return Math.min(free, Math.max(fair, incrementOf(hold, leg)));
}

/** What each leg pays now so that as much as possible of `targetMs` of talk is covered. */
export function growth(
  hold: HoldState,
  wallets: readonly WalletState[],
  targetMs: number,
): number[] {
  const limits = hold.legs.map((leg, i) => {
    const wallet = wallets[i];
    if (!wallet || priceOf(leg, targetMs) <= leg.heldMicros) return targetMs;
    return coveredMs(leg, leg.heldMicros + allowance(hold, leg, wallet));
  });
  const reach = Math.max(hold.coveredMs, Math.min(targetMs, ...limits));
  return hold.legs.map((leg, i) => {
    const wallet = wallets[i];
    const more = Math.max(0, priceOf(leg, reach) - leg.heldMicros);
    return wallet && fits(wallet, 0, more) ? more : 0;
  });
}

/** Says whether the cover can still grow, and when the call must end if it cannot. */
export function withFinality(
  hold: HoldState,
  wallets: readonly WalletState[],
  targetMs: number,
): HoldState {
  const finalReason = reasonToEnd(hold, wallets, targetMs);
  return { ...hold, finalReason, cutoffAtMs: cutoffOf({ ...hold, finalReason }, wallets) };
}

function reasonToEnd(hold: HoldState, wallets: readonly WalletState[], targetMs: number): string {
  if (hold.coveredMs >= hold.maxDurationMs) return 'max_duration';
  if (hold.coveredMs >= targetMs) return '';
  for (const [i, leg] of hold.legs.entries()) {
    const wallet = wallets[i];
    const increment = incrementOf(hold, leg);
    if (!wallet || increment <= 0) continue;
    if (isFrozen(wallet)) return 'wallet_frozen';
    if (spendableOf(wallet) < increment) return 'insufficient_funds';
  }
  return '';
}

function cutoffOf(hold: HoldState, wallets: readonly WalletState[]): number {
  switch (hold.finalReason) {
    case '':
      return 0;
    case 'max_duration':
      return paidUntil(hold);
    default: {
      const leadMs = hold.policy.leadMs + soonerMs(hold, wallets);
      return Math.max(hold.startedAtMs, paidUntil(hold) - leadMs);
    }
  }
}

/** Calls that share a wallet do not all end in one moment: each ends some of this time sooner. */
function soonerMs(hold: HoldState, wallets: readonly WalletState[]): number {
  const others = Math.max(1, ...wallets.map(({ liveCalls }) => liveCalls)) - 1;
  const uncutMs = Math.max(0, hold.coveredMs - hold.policy.leadMs);
  const mostMs = Math.min(2_000, 2 * others, Math.floor(uncutMs / 4));
  return hold.createdAtMs % (mostMs + 1);
}
