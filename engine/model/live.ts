// The model of start and check: a call's clock, and the cover that is kept ahead of it.

import { availableOf } from '../amounts.ts';
import type { CheckInput, StartInput } from '../call-verbs.ts';
import type { HoldState, JournalRow, WalletState } from '../generated/layouts.ts';
import type { Answer, Rule } from './answer.ts';
import { running, schedule } from './clock.ts';
import { growth, heldCover, withFinality } from './cover.ts';
import { openHold } from './holds.ts';
import { enter, move } from './journal.ts';
import type { Draft } from './state.ts';
import { trackFinality } from './wallets.ts';

/** How stale the last proof of life may be before a check that changes nothing else writes it. */
const SEEN_STEP_MS = 5_000;

export const start: Rule<StartInput> = (draft, input, checked) => {
  const opened = openHold(draft, { holdId: input.holdId }, checked);
  if ('status' in opened) return opened;
  const before = opened.hold;
  if (before.state === 'live' && !before.estimated) {
    return { status: 'already_started', hold: before };
  }
  const { nowMs } = draft.partition;
  const begun = running(before, input.startedAtMs || nowMs, nowMs);
  const target = Math.min(before.policy.quantumMs, before.maxDurationMs);
  const hold = withFinality(
    { ...begun, estimated: false, revision: before.revision + 1 },
    opened.wallets,
    target,
  );
  keep(draft, input.holdId, before, hold);
  const { organizationId } = hold;
  const parts = { ...input, operation: 'start', organizationId, rows: [], hold };
  return { status: 'done', entry: enter(draft, parts) };
};

export const check: Rule<CheckInput> = (draft, input, checked) => {
  const opened = openHold(draft, { holdId: input.holdId }, checked);
  if ('status' in opened) return opened;
  const { nowMs } = draft.partition;
  const before = opened.hold;
  const heard = listen(before, input, nowMs);
  if (!heard) return told(draft, 'ringing', before);
  const talkMs = nowMs - heard.startedAtMs;
  const target = Math.min(talkMs + heard.policy.quantumMs, heard.maxDurationMs);
  const grown = grow(draft, heard, opened.wallets, target);
  const wallets = heard.legs.flatMap((leg) => draft.wallets.get(leg.walletId) ?? []);
  const after = withFinality(grown.hold, wallets, target);
  const changed =
    grown.rows.length > 0 ||
    (['finalReason', 'startedAtMs', 'coveredMs'] as const).some((f) => after[f] !== before[f]);
  if (!changed) {
    // A cutoff stands while nothing changed.
    const same = { ...after, cutoffAtMs: before.cutoffAtMs };
    if (after.lastSeenAtMs - before.lastSeenAtMs >= SEEN_STEP_MS) {
      draft.holds.set(input.holdId, same);
    }
    schedule(draft, input.holdId, same);
    return told(draft, 'covered', same);
  }
  const hold = { ...after, revision: before.revision + 1 };
  keep(draft, input.holdId, before, hold);
  const { organizationId } = hold;
  enter(draft, {
    operation: 'extend',
    organizationId,
    rows: grown.rows,
    holdId: input.holdId,
    hold,
  });
  return told(draft, 'extended', hold);
};

/** What the asker knows of the clock: proof of life starts it, a longer talk moves it back. */
function listen(hold: HoldState, input: CheckInput, nowMs: number): HoldState | undefined {
  const elapsedMs = input.elapsedMs ?? 0;
  if (hold.state === 'authorized') {
    return input.proofOfLife ? running(hold, nowMs - Math.max(0, elapsedMs), nowMs) : undefined;
  }
  if (elapsedMs > nowMs - hold.startedAtMs) return running(hold, nowMs - elapsedMs, nowMs);
  return input.proofOfLife ? { ...hold, lastSeenAtMs: nowMs } : hold;
}

function grow(
  draft: Draft,
  hold: HoldState,
  wallets: readonly WalletState[],
  targetMs: number,
): { readonly hold: HoldState; readonly rows: readonly JournalRow[] } {
  if (hold.coveredMs >= targetMs) return { hold, rows: [] };
  const more = growth(hold, wallets, targetMs);
  const legs = hold.legs.map((leg, i) => ({
    ...leg,
    heldMicros: leg.heldMicros + (more[i] ?? 0),
  }));
  const rows = legs.flatMap(({ walletId }, i) => {
    const wallet = wallets[i];
    const heldDeltaMicros = more[i] ?? 0;
    if (!wallet || heldDeltaMicros === 0) return [];
    return [move(draft, wallet, { walletId, kind: 'hold', amountMicros: 0, heldDeltaMicros })];
  });
  return { hold: { ...hold, legs, coveredMs: heldCover({ ...hold, legs }) }, rows };
}

function keep(draft: Draft, holdId: string, before: HoldState, hold: HoldState): void {
  trackFinality(draft, holdId, before, hold);
  draft.holds.set(holdId, hold);
  schedule(draft, holdId, hold, before);
}

function told(draft: Draft, status: 'ringing' | 'covered' | 'extended', hold: HoldState): Answer {
  const payer = draft.wallets.get(hold.legs[0]?.walletId ?? '');
  const availableMicros = payer ? availableOf(payer) : 0;
  return { status, nowMs: draft.partition.nowMs, availableMicros, hold };
}
