// The model of authorize: all legs or none.

import { isFrozen, spendableOf } from '../amounts.ts';
import type { AuthorizeInput } from '../authorize.ts';
import { priceFields } from '../authorize.ts';
import type { HoldState, Leg, WalletState } from '../generated/layouts.ts';
import { coveredMs, isFree, priceOf } from '../price.ts';
import type { Answer, Rule } from './answer.ts';
import { schedule } from './clock.ts';
import { heldCover } from './cover.ts';
import { enter, move } from './journal.ts';
import { fits, freeMoney } from './money.ts';
import { earlier, refuse, remember, unsure } from './requests.ts';
import type { Draft } from './state.ts';
import { walletsOf } from './wallets.ts';

const FREE_CALL = -1;

export const authorize: Rule<AuthorizeInput> = (draft, input, checked) => {
  const known = earlier(draft, input.request);
  if (known) return known;
  const ids = input.legs.map((leg) => leg.walletId);
  const wallets = walletsOf(draft, ids);
  if ('status' in wallets) return wallets;
  const asked = unsure(draft, input.request, ids, checked);
  if (asked) return asked;
  const hold = draft.holds.get(input.holdId);
  if (hold) return { status: 'hold_exists', replayed: false, hold };
  const amounts = legAmounts(input, wallets);
  const refusal =
    barred(input, wallets) ?? short(input, wallets) ?? misfit(input, wallets, amounts);
  if (refusal) return refuse(draft, input.request, refusal);
  return remember(draft, input.request, open(draft, input, wallets, amounts));
};

/** Frozen wallets, then caps: neither counts while billing is off. */
function barred(input: AuthorizeInput, wallets: readonly WalletState[]): Answer | undefined {
  if (input.unbilled) return undefined;
  const frozen = input.legs.find((_, i) => {
    const wallet = wallets[i];
    return wallet && isFrozen(wallet);
  });
  if (frozen) return { status: 'wallet_frozen', replayed: false, walletId: frozen.walletId };
  if (input.kind !== 'call') return undefined;
  for (const [i, { walletId }] of input.legs.entries()) {
    const { liveCalls = 0, maxLiveCalls = 0 } = wallets[i] ?? {};
    if (maxLiveCalls > 0 && liveCalls >= maxLiveCalls) {
      return { status: 'too_many_live_calls', replayed: false, walletId, liveCalls, maxLiveCalls };
    }
  }
  return undefined;
}

/** What each leg must at least be able to pay: the least talk, or the amount asked for. */
function short(input: AuthorizeInput, wallets: readonly WalletState[]): Answer | undefined {
  const leastMs = Math.max(input.policy.minimumMs, input.capFloorMs);
  for (const [i, leg] of input.legs.entries()) {
    const requiredMicros = input.kind === 'call' ? priceOf(leg.price, leastMs) : leg.amountMicros;
    const wallet = wallets[i];
    if (!wallet || requiredMicros <= 0 || requiredMicros <= spendableOf(wallet)) continue;
    return {
      status: 'insufficient_funds',
      replayed: false,
      walletId: leg.walletId,
      role: leg.role,
      requiredMicros,
      spendableMicros: spendableOf(wallet),
      heldMicros: wallet.heldMicros,
    };
  }
  return undefined;
}

function misfit(
  input: AuthorizeInput,
  wallets: readonly WalletState[],
  amounts: readonly number[],
): Answer | undefined {
  const at = wallets.findIndex((wallet, i) => !fits(wallet, 0, amounts[i] ?? 0));
  const leg = input.legs[at];
  if (!leg) return undefined;
  return { status: 'balance_out_of_range', replayed: false, walletId: leg.walletId };
}

/** The talk (ms) each paid leg can afford; none for a call that costs nothing. */
function affordable(input: AuthorizeInput, wallets: readonly WalletState[]): number[] {
  return input.legs.flatMap((leg, i) => {
    const wallet = wallets[i];
    return isFree(leg.price) || !wallet ? [] : [coveredMs(leg.price, freeMoney(wallet))];
  });
}

/** A call holds the first quantum, or as much of it as can be paid; an amount hold its amount. */
function legAmounts(input: AuthorizeInput, wallets: readonly WalletState[]): number[] {
  if (input.kind === 'amount') return input.legs.map((leg) => leg.amountMicros);
  const grantMs = Math.min(
    input.policy.quantumMs,
    input.maxDurationMs,
    ...affordable(input, wallets),
  );
  return input.legs.map((leg) => priceOf(leg.price, grantMs));
}

function open(
  draft: Draft,
  input: AuthorizeInput,
  wallets: readonly WalletState[],
  amounts: readonly number[],
): Answer {
  const isCall = input.kind === 'call';
  const legs = input.legs.map(({ walletId, role, price }, i): Leg => {
    const held = { heldMicros: amounts[i] ?? 0, capturedMicros: 0, shortfallMicros: 0 };
    return { walletId, role, ...held, ...priceFields(price), refundedMicros: 0 };
  });
  const opened = openedHold(input, legs, draft.partition.nowMs);
  const hold = isCall ? { ...opened, coveredMs: heldCover(opened) } : opened;
  const rows = wallets.map((wallet, i) =>
    move(draft, wallet, {
      walletId: legs[i]?.walletId ?? '',
      kind: 'hold',
      amountMicros: 0,
      heldDeltaMicros: legs[i]?.heldMicros ?? 0,
      changes: { liveCalls: wallet.liveCalls + (isCall ? 1 : 0) },
    }),
  );
  draft.holds.set(input.holdId, hold);
  schedule(draft, input.holdId, hold);
  const payable = affordable(input, wallets);
  const answer = [isCall && payable.length > 0 ? Math.min(...payable) : FREE_CALL];
  const parts = { ...input, operation: 'authorize', rows, hold, answer };
  return { status: 'done', replayed: false, entry: enter(draft, parts) };
}

function openedHold(input: AuthorizeInput, legs: readonly Leg[], nowMs: number): HoldState {
  const { organizationId, kind, callId, maxDurationMs, policy, hasProvider, ttlMs } = input;
  return {
    state: 'authorized',
    revision: 1,
    organizationId,
    kind,
    callId,
    createdAtMs: nowMs,
    startedAtMs: 0,
    coveredMs: 0,
    finalReason: '',
    cutoffAtMs: 0,
    expiresAtMs: ttlMs > 0 ? nowMs + ttlMs : 0,
    lastSeenAtMs: nowMs,
    maxDurationMs,
    policy,
    hasProvider,
    estimated: false,
    evidence: 0,
    usedMs: 0,
    closedAtMs: 0,
    outcome: '',
    legs,
  };
}
