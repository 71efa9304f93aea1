/** The status-check answer: must this call end now, and if not, when should the asker ask again? */
import { type HoldState, priceOf } from '../../engine/index.ts';
import type { CallPolicy } from '../policy.ts';
import { authorizedUntilMs, instant } from './call.ts';

/** How long an asker may wait at most before it asks again, in seconds. */
const ASK_AGAIN_SECONDS = 60;

export interface StatusAnswer {
  readonly endCall: boolean;
  readonly reason?: string;
  readonly granted_seconds: number;
  readonly authorized_until: string | null;
  readonly final: boolean;
  readonly seconds_left?: number;
  readonly cost_so_far_micros: number;
  /** Of the client's wallet; null while the engine is away. */
  readonly available_micros: number | null;
  readonly next_check_in_seconds: number;
}

/** The engine's answer about an open call. */
export function openCallAnswer(
  hold: HoldState,
  nowMs: number,
  availableMicros: number,
): StatusAnswer {
  const final = hold.finalReason !== '';
  const endCall = final && nowMs >= hold.cutoffAtMs;
  const leftMs = Math.max(0, hold.cutoffAtMs - nowMs);
  return {
    endCall,
    ...(final ? { reason: hold.finalReason } : {}),
    ...granted(hold),
    final,
    ...(final ? { seconds_left: Math.floor(leftMs / 1000) } : {}),
    cost_so_far_micros: costSoFar(hold, nowMs),
    available_micros: availableMicros,
    next_check_in_seconds: final ? askAgain(leftMs) : ASK_AGAIN_SECONDS,
  };
}

/** A call that is over already must end wherever it still lives. */
export function closedCallAnswer(hold: HoldState, availableMicros: number): StatusAnswer {
  return {
    endCall: true,
    reason: 'call_closed',
    ...granted(hold),
    final: true,
    seconds_left: 0,
    cost_so_far_micros: hold.legs[0]?.capturedMicros ?? 0,
    available_micros: availableMicros,
    next_check_in_seconds: ASK_AGAIN_SECONDS,
  };
}

/** Nobody authorized this call. */
export function unknownCallAnswer(policy: CallPolicy['unknown_call']): StatusAnswer {
  return {
    endCall: policy === 'end',
    reason: 'call_not_found',
    granted_seconds: 0,
    authorized_until: null,
    final: false,
    cost_so_far_micros: 0,
    available_micros: null,
    next_check_in_seconds: ASK_AGAIN_SECONDS,
  };
}

/**
 * The answer while the engine cannot be reached: the money held covers the call up to
 * `authorized_until`; past it, the policy may let the call go on for a bounded grace.
 *
 * @param hold the last state known of the hold; without one, the grace counts from `sinceMs`.
 */
export function outageAnswer(
  hold: HoldState | undefined,
  policy: CallPolicy,
  sinceMs: number,
  nowMs: number,
): StatusAnswer {
  const graceMs = policy.on_outage === 'continue' ? policy.grace_seconds * 1000 : 0;
  const cutoffAtMs = hold !== undefined && hold.finalReason !== '' ? hold.cutoffAtMs : undefined;
  const coveredUntilMs = hold === undefined ? sinceMs : paidUntilMs(hold, nowMs);
  const endAtMs = cutoffAtMs ?? coveredUntilMs + graceMs;
  const endCall = nowMs >= endAtMs;
  return {
    endCall,
    reason: endCall && cutoffAtMs !== undefined ? (hold?.finalReason ?? 'outage') : 'outage',
    granted_seconds: hold === undefined ? 0 : Math.floor(hold.coveredMs / 1000),
    authorized_until: hold === undefined ? null : instant(coveredUntilMs),
    final: cutoffAtMs !== undefined,
    ...(cutoffAtMs === undefined ? {} : { seconds_left: left(cutoffAtMs, nowMs) }),
    cost_so_far_micros: hold === undefined ? 0 : costSoFar(hold, nowMs),
    available_micros: null,
    next_check_in_seconds: Math.min(10, askAgain(endAtMs - nowMs)),
  };
}

/** A call that still rang when it was seen last may have been answered at any time since. */
function paidUntilMs(hold: HoldState, nowMs: number): number {
  if (hold.startedAtMs > 0) return authorizedUntilMs(hold);
  return Math.max(authorizedUntilMs(hold), Math.min(nowMs, ringsUntilMs(hold)) + hold.coveredMs);
}

function ringsUntilMs(hold: HoldState): number {
  return hold.createdAtMs + hold.policy.ringMs;
}

function granted(hold: HoldState) {
  return {
    granted_seconds: Math.floor(hold.coveredMs / 1000),
    authorized_until: hold.coveredMs > 0 ? instant(authorizedUntilMs(hold)) : null,
  };
}

function costSoFar(hold: HoldState, nowMs: number): number {
  const [payer] = hold.legs;
  if (payer === undefined || hold.startedAtMs === 0) return 0;
  return priceOf(payer, Math.max(0, nowMs - hold.startedAtMs));
}

function left(untilMs: number, nowMs: number): number {
  return Math.floor(Math.max(0, untilMs - nowMs) / 1000);
}

function askAgain(leftMs: number): number {
  return Math.min(ASK_AGAIN_SECONDS, Math.max(1, Math.floor(leftMs / 1000)));
}
