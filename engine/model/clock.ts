// A hold's moments: until when it is paid, when it is looked at again, when its time is over.

import type { HoldState } from '../generated/layouts.ts';
import type { Draft } from './state.ts';

const LOOK_AGAIN_MS = 250;
const TAKE_IN_HAND_MS = 5_000;
const NET_MS = 250;
const PAST_CUTOFF_MS = 2_000;
const LONGEST_CALL_MS = 43_200_000;

export function isOpen(hold: HoldState): boolean {
  return hold.state === 'authorized' || hold.state === 'live';
}

/** The moment (ms) up to which the money held pays. */
export function paidUntil(hold: HoldState): number {
  return hold.startedAtMs + hold.coveredMs;
}

/** An amount hold past its time to live is over, whether or not a sweeper has come by. */
export function isPastTtl(hold: HoldState, nowMs: number): boolean {
  return hold.expiresAtMs > 0 && nowMs >= hold.expiresAtMs;
}

/** The hold with its clock running since `startedAtMs`: not in the future, nor absurdly long ago. */
export function running(hold: HoldState, startedAtMs: number, nowMs: number): HoldState {
  const since = Math.min(nowMs, Math.max(nowMs - LONGEST_CALL_MS, startedAtMs));
  return { ...hold, state: 'live', startedAtMs: since, lastSeenAtMs: nowMs };
}

/** When a call without a provider to ask counts as over for lack of any sign of life. */
export function silentAt(hold: HoldState): number {
  return hold.lastSeenAtMs + hold.policy.heartbeatMs;
}

export function ringsUntil(hold: HoldState): number {
  return hold.createdAtMs + hold.policy.ringMs;
}

/** Has the time of an open hold run out, as far as the clock alone may judge? */
export function isOver(hold: HoldState, nowMs: number): boolean {
  if (hold.kind === 'amount') return isPastTtl(hold, nowMs);
  if (hold.state === 'authorized') return ringsUntil(hold) <= nowMs;
  return !hold.hasProvider && silentAt(hold) <= nowMs;
}

/** How long before the paid time ends the enforcer comes: in time for warning and cutoff. */
function aheadMs({ policy }: HoldState): number {
  const half = Math.floor(policy.quantumMs / 2);
  const threeQuarters = Math.floor((policy.quantumMs * 3) / 4);
  return Math.min(threeQuarters, Math.max(half, policy.warnMs + policy.leadMs));
}

/** The first of a final call's moments that is still to come, or a while after its cutoff. */
function finalMoment({ policy, cutoffAtMs }: HoldState, nowMs: number): number {
  const wordsAtMs = cutoffAtMs - policy.endMessageMs;
  const net = (atMs: number) => ({ atMs, dueMs: atMs + NET_MS });
  const sharp = (atMs: number) => ({ atMs, dueMs: atMs });
  const moments = [
    ...(policy.warnMs > 0 ? [sharp(cutoffAtMs - policy.warnMs)] : []),
    sharp(wordsAtMs - TAKE_IN_HAND_MS),
    net(wordsAtMs),
    net(cutoffAtMs),
  ];
  const ahead = nowMs < cutoffAtMs ? moments.filter(({ atMs }) => nowMs < atMs) : [];
  if (ahead.length === 0) return nowMs + PAST_CUTOFF_MS;
  return Math.min(...ahead.map(({ dueMs }) => dueMs));
}

function nextMoment(hold: HoldState, nowMs: number): number | undefined {
  if (hold.kind === 'amount') return hold.expiresAtMs || undefined;
  if (hold.state === 'authorized') return ringsUntil(hold);
  const paid =
    hold.finalReason === ''
      ? Math.max(nowMs + LOOK_AGAIN_MS, paidUntil(hold) - aheadMs(hold))
      : finalMoment(hold, nowMs);
  return hold.hasProvider ? paid : Math.min(paid, silentAt(hold));
}

/** Puts the hold's next moment into the due set: now, if it has just become final. */
export function schedule(
  draft: Draft,
  holdId: string,
  hold: HoldState,
  before: HoldState = hold,
): void {
  const { nowMs } = draft.partition;
  const at = isOpen(hold) ? nextMoment(hold, nowMs) : undefined;
  const newlyFinal = hold.finalReason !== '' && before.finalReason === '';
  if (at === undefined) draft.due.delete(holdId);
  else draft.due.set(holdId, newlyFinal ? nowMs : at);
}
