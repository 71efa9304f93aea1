// The model of extend (amount holds), settle and record: what else can become of a hold.

import { isFrozen, spendableOf } from '../amounts.ts';
import { NO_POLICY, priceFields } from '../authorize.ts';
import type { RecordInput } from '../call-verbs.ts';
import type { HoldState, Leg } from '../generated/layouts.ts';
import type { EndInput, ExtendInput } from '../hold-verbs.ts';
import { priceOf } from '../price.ts';
import type { Answer, Rule } from './answer.ts';
import { isOpen, isPastTtl } from './clock.ts';
import { used } from './ends.ts';
import { openHold } from './holds.ts';
import { enter, move } from './journal.ts';
import { fits } from './money.ts';
import { refuse, remember } from './requests.ts';
import { walletsOf } from './wallets.ts';

export const extend: Rule<ExtendInput> = (draft, input, checked) => {
  const opened = openHold(draft, input, checked);
  if ('status' in opened) return opened;
  const { hold, wallets } = opened;
  const refused = (answer: Answer) => refuse(draft, input.request, answer);
  if (isPastTtl(hold, draft.partition.nowMs)) {
    const over = { ...hold, state: 'expired' };
    return refused({ status: 'hold_closed', replayed: false, hold: over });
  }
  const [leg, ...others] = hold.legs;
  const [wallet] = wallets;
  if (!leg || !wallet) throw new Error('a hold without legs');
  const { walletId, role } = leg;
  const { amountMicros } = input;
  if (isFrozen(wallet)) return refused({ status: 'wallet_frozen', replayed: false, walletId });
  if (amountMicros > spendableOf(wallet)) {
    return refused({
      status: 'insufficient_funds',
      replayed: false,
      walletId,
      role,
      requiredMicros: amountMicros,
      spendableMicros: spendableOf(wallet),
      heldMicros: wallet.heldMicros,
    });
  }
  if (!fits(wallet, 0, amountMicros)) {
    return refused({ status: 'balance_out_of_range', replayed: false, walletId });
  }
  const rows = [
    move(draft, wallet, { walletId, kind: 'hold', amountMicros: 0, heldDeltaMicros: amountMicros }),
  ];
  const legs = [{ ...leg, heldMicros: leg.heldMicros + amountMicros }, ...others];
  const after = { ...hold, legs, revision: hold.revision + 1 };
  draft.holds.set(input.holdId, after);
  const { organizationId } = hold;
  const parts = { ...input, operation: 'extend', organizationId, rows, hold: after };
  const entry = enter(draft, parts);
  return remember(draft, input.request, { status: 'done', replayed: false, entry });
};

export const settle: Rule<EndInput> = (draft, input) => {
  const hold = draft.holds.get(input.holdId);
  if (!hold) return { status: 'hold_not_found' };
  if (isOpen(hold)) return { status: 'hold_open', hold };
  if (input.evidence <= hold.evidence) return { status: 'unchanged', hold };
  const wallets = walletsOf(
    draft,
    hold.legs.map((leg) => leg.walletId),
  );
  if ('status' in wallets) return wallets;
  const taken = hold.legs.map((leg) => used(hold, leg, input));
  const back = hold.legs.map((leg, i) => paid(leg, leg.capturedMicros) - paid(leg, taken[i] ?? 0));
  const at = wallets.findIndex((wallet, i) => !fits(wallet, back[i] ?? 0, 0));
  const bad = hold.legs[at];
  if (bad) return { status: 'balance_out_of_range', walletId: bad.walletId };
  const still = back.every((amountMicros) => amountMicros === 0);
  const moved = hold.legs.map((leg, i) => {
    const wallet = wallets[i];
    const amountMicros = back[i] ?? 0;
    const capturedMicros = taken[i] ?? 0;
    // Evidence alone leaves a row of 0 behind, by which a Redis that lost it is seen to be behind.
    const moves = amountMicros !== 0 || (still && i === 0);
    if (!wallet || !moves) return { leg: { ...leg, capturedMicros } };
    const { walletId } = leg;
    const row = move(draft, wallet, {
      walletId,
      kind: 'adjustment',
      amountMicros,
      heldDeltaMicros: 0,
    });
    const givenBack = Math.max(0, amountMicros);
    const shortfallMicros = Math.max(0, leg.shortfallMicros + row.shortfallMicros - givenBack);
    return { leg: { ...leg, capturedMicros, shortfallMicros }, row };
  });
  const after: HoldState = {
    ...hold,
    state: 'captured',
    usedMs: input.durationMs ?? 0,
    evidence: input.evidence,
    estimated: false,
    outcome: input.outcome || hold.outcome,
    revision: hold.revision + 1,
    legs: moved.map(({ leg }) => leg),
  };
  draft.holds.set(input.holdId, after);
  const rows = moved.flatMap(({ row }) => row ?? []);
  const { organizationId } = hold;
  const parts = { ...input, request: undefined, operation: 'settle', organizationId, rows };
  return { status: 'done', entry: enter(draft, { ...parts, hold: after }) };
};

/** What a leg has paid in the end, when `taken` is its price and a part of it was refunded. */
function paid({ refundedMicros }: Leg, taken: number): number {
  return Math.max(0, taken - refundedMicros);
}

/** A call that had no hold: charged once, whatever the wallet has, and never without the ledger's word. */
export const record: Rule<RecordInput> = (draft, input, checked) => {
  const existing = draft.holds.get(input.holdId);
  if (existing) return { status: 'hold_exists', hold: existing };
  const wallets = walletsOf(
    draft,
    input.legs.map((leg) => leg.walletId),
  );
  if ('status' in wallets) return wallets;
  if (!checked) {
    return { status: 'ask_ledger', must: true, loadEpoch: draft.partition.loadEpoch };
  }
  const costs = input.legs.map((leg) => priceOf(leg.price, input.durationMs));
  const at = wallets.findIndex((wallet, i) => !fits(wallet, 0 - (costs[i] ?? 0), 0));
  const bad = input.legs[at];
  if (bad) return { status: 'balance_out_of_range', walletId: bad.walletId };
  const rows = wallets.map((wallet, i) =>
    move(draft, wallet, {
      walletId: input.legs[i]?.walletId ?? '',
      kind: 'capture',
      amountMicros: 0 - (costs[i] ?? 0),
      heldDeltaMicros: 0,
    }),
  );
  const legs = input.legs.map(({ walletId, role, price }, i): Leg => {
    const { shortfallMicros = 0 } = rows[i] ?? {};
    const taken = { heldMicros: 0, capturedMicros: costs[i] ?? 0, shortfallMicros };
    return { walletId, role, ...taken, ...priceFields(price), refundedMicros: 0 };
  });
  const hold = recordedHold(input, legs, draft.partition.nowMs);
  draft.holds.set(input.holdId, hold);
  return { status: 'done', entry: enter(draft, { ...input, operation: 'record', rows, hold }) };
};

function recordedHold(input: RecordInput, legs: readonly Leg[], nowMs: number): HoldState {
  return {
    state: 'captured',
    revision: 1,
    organizationId: input.organizationId,
    kind: 'call',
    callId: input.callId,
    createdAtMs: nowMs,
    startedAtMs: 0,
    coveredMs: 0,
    finalReason: '',
    cutoffAtMs: 0,
    expiresAtMs: 0,
    lastSeenAtMs: nowMs,
    maxDurationMs: input.durationMs,
    policy: NO_POLICY,
    hasProvider: true,
    estimated: false,
    evidence: input.evidence,
    usedMs: input.durationMs,
    closedAtMs: nowMs,
    outcome: input.outcome ?? '',
    legs,
  };
}
