// The model of capture, void and expire: a hold ends once (I4), and gives back what it did not use (I2).

import type { HoldState, WalletState } from '../generated/layouts.ts';
import type { EndInput, ExpireInput, VoidInput } from '../hold-verbs.ts';
import { EVIDENCE } from '../hold-verbs.ts';
import { priceOf } from '../price.ts';
import type { Answer, Rule } from './answer.ts';
import { isOver, isPastTtl, ringsUntil, running, schedule } from './clock.ts';
import { type OpenHold, openHold } from './holds.ts';
import { enter, move } from './journal.ts';
import { fits } from './money.ts';
import { refuse, remember } from './requests.ts';
import type { Draft } from './state.ts';

export const capture: Rule<EndInput> = (draft, input, checked) => {
  const opened = openHold(draft, input, checked);
  if ('status' in opened) return opened;
  const { organizationId } = opened.hold;
  if (isPastTtl(opened.hold, draft.partition.nowMs)) return tooLate(draft, input, opened);
  const durationMs = input.durationMs ?? 0;
  const ended = close(draft, input.holdId, opened, {
    state: 'captured',
    kind: 'capture',
    used: opened.hold.legs.map((leg) => used(opened.hold, leg, input)),
    marks: {
      usedMs: durationMs,
      evidence: input.evidence,
      outcome: input.outcome ?? '',
      estimated: input.evidence === EVIDENCE.clock,
    },
  });
  if (typeof ended === 'string') {
    return { status: 'balance_out_of_range', replayed: false, walletId: ended };
  }
  const parts = { ...input, operation: 'capture', organizationId, ...ended };
  const entry = enter(draft, parts);
  return remember(draft, input.request, { status: 'done', replayed: false, entry });
};

/** Past its time to live nothing is taken: the capture finds the hold closed, and closes it. */
function tooLate(draft: Draft, input: EndInput, opened: OpenHold): Answer {
  const ended = close(draft, input.holdId, opened, {
    state: 'expired',
    kind: 'hold_release',
    used: opened.hold.legs.map(() => 0),
    marks: { evidence: EVIDENCE.clock, outcome: input.outcome ?? '' },
  });
  if (typeof ended === 'string') {
    return { status: 'balance_out_of_range', replayed: false, walletId: ended };
  }
  const { organizationId } = opened.hold;
  const parts = { ...input, request: undefined, operation: 'expire', organizationId, ...ended };
  enter(draft, parts);
  return refuse(draft, input.request, { status: 'hold_closed', replayed: false, hold: ended.hold });
}

export const voidHold: Rule<VoidInput> = (draft, input, checked) => {
  const opened = openHold(draft, input, checked);
  if ('status' in opened) return opened;
  const { organizationId } = opened.hold;
  const ended = close(draft, input.holdId, opened, {
    state: 'voided',
    kind: 'hold_release',
    used: opened.hold.legs.map(() => 0),
    marks: { evidence: input.evidence ?? EVIDENCE.caller, outcome: input.outcome ?? '' },
  });
  if (typeof ended === 'string') throw new Error('a release alone left the range of money');
  const entry = enter(draft, { ...input, operation: 'void', organizationId, ...ended });
  return remember(draft, input.request, { status: 'done', replayed: false, entry });
};

export const expire: Rule<ExpireInput> = (draft, input, checked) => {
  const found = openHold(draft, { holdId: input.holdId }, checked);
  if ('status' in found) return found;
  const known = input.hasProvider ? { hasProvider: true } : {};
  const opened = { ...found, hold: { ...found.hold, ...known } };
  const { hold } = opened;
  const { nowMs } = draft.partition;
  const { organizationId } = hold;
  if (!isOver(hold, nowMs)) {
    schedule(draft, input.holdId, hold);
    return { status: 'not_due', hold };
  }
  if (hold.kind === 'call' && hold.state === 'authorized' && hold.hasProvider) {
    const begun = running(hold, ringsUntil(hold), nowMs);
    const after = { ...begun, estimated: true, revision: hold.revision + 1 };
    draft.holds.set(input.holdId, after);
    schedule(draft, input.holdId, after);
    const parts = { ...input, operation: 'expire', organizationId, rows: [], hold: after };
    return { status: 'done', entry: enter(draft, parts) };
  }
  const live = hold.state === 'live';
  const usedMs = live ? Math.min(nowMs - hold.startedAtMs, hold.coveredMs) : 0;
  const ended = close(draft, input.holdId, opened, {
    state: 'expired',
    kind: live ? 'capture' : 'hold_release',
    used: hold.legs.map((leg) => (live ? priceOf(leg, usedMs) : 0)),
    marks: { usedMs, evidence: EVIDENCE.clock, estimated: live },
  });
  if (typeof ended === 'string') return { status: 'balance_out_of_range', walletId: ended };
  const parts = { ...input, operation: 'expire', organizationId, ...ended };
  return { status: 'done', entry: enter(draft, parts) };
};

/** What one leg pays for the use that was reported. */
export function used(hold: HoldState, leg: HoldState['legs'][number], input: EndInput): number {
  return hold.kind === 'call' ? priceOf(leg, input.durationMs ?? 0) : (input.amountMicros ?? 0);
}

interface End {
  readonly state: string;
  readonly kind: string;
  readonly used: readonly number[];
  readonly marks: Partial<HoldState>;
}

/** Ends the hold on all its wallets, or answers the wallet that would leave the range of money. */
function close(draft: Draft, holdId: string, { hold, wallets }: OpenHold, end: End) {
  const at = hold.legs.findIndex((leg, i) => {
    const wallet = wallets[i];
    return !wallet || !fits(wallet, 0 - (end.used[i] ?? 0), 0 - leg.heldMicros);
  });
  const bad = hold.legs[at];
  if (bad) return bad.walletId;
  const rows = wallets.map((wallet, i) =>
    move(draft, wallet, {
      walletId: hold.legs[i]?.walletId ?? '',
      kind: end.kind,
      amountMicros: 0 - (end.used[i] ?? 0),
      heldDeltaMicros: 0 - (hold.legs[i]?.heldMicros ?? 0),
      changes: countsWithout(hold, wallet),
    }),
  );
  const after: HoldState = {
    ...hold,
    ...end.marks,
    state: end.state,
    revision: hold.revision + 1,
    closedAtMs: draft.partition.nowMs,
    legs: hold.legs.map((leg, i) => ({
      ...leg,
      heldMicros: 0,
      capturedMicros: end.used[i] ?? 0,
      shortfallMicros: rows[i]?.shortfallMicros ?? 0,
    })),
  };
  draft.holds.set(holdId, after);
  draft.due.delete(holdId);
  for (const { walletId } of hold.legs) {
    const finals = new Map(draft.finals.get(walletId));
    finals.delete(holdId);
    draft.finals.set(walletId, finals);
  }
  return { rows, hold: after };
}

function countsWithout(hold: HoldState, wallet: WalletState): Partial<WalletState> {
  return {
    liveCalls: wallet.liveCalls - (hold.kind === 'call' ? 1 : 0),
    finalCalls: wallet.finalCalls - (hold.finalReason === '' ? 0 : 1),
  };
}
