/** The call object of the HTTP contract, made of the hold's state and a few facts beside it. */
import { type HoldState, isFree } from '../../engine/index.ts';
import type { CutoffState } from '../doors.ts';
import { metadataFor } from '../providers/metadata.ts';
import type { CallIdentity } from './known-calls.ts';
import { type CapMode, providerCapSeconds } from './provider-cap.ts';

export type CallState = 'authorized' | 'live' | 'final' | 'captured' | 'voided' | 'expired';

export interface CallLeg {
  readonly wallet_id: string;
  readonly role: string;
  readonly price: {
    readonly rate_micros_per_minute: number;
    /** `60/60`, `1/1`, or `exact`. */
    readonly increment: string;
    readonly connection_fee_micros: number;
    readonly minimum_micros: number;
  };
  readonly held_micros: number;
  readonly captured_micros?: number;
  readonly shortfall_micros?: number;
}

export interface Call {
  readonly call_id: string;
  readonly organization_id: string;
  readonly hold_id: string;
  readonly provider?: string;
  readonly provider_call_id?: string;
  readonly provider_metadata: Readonly<Record<string, unknown>>;
  readonly state: CallState;
  readonly cutoff: { readonly at?: string; readonly state: CutoffState };
  readonly granted_seconds: number;
  /** Null when nothing was ever granted: a call charged without a hold. */
  readonly authorized_until: string | null;
  /** Null when the call is free, or over. */
  readonly affordable_seconds: number | null;
  readonly provider_cap_seconds: number | null;
  readonly held_micros: number;
  readonly captured_micros?: number;
  readonly shortfall_micros?: number;
  readonly duration_seconds?: number;
  readonly outcome?: string;
  readonly estimated: boolean;
  readonly created_at: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly legs: readonly CallLeg[];
}

export interface CallFacts {
  readonly provider: string | undefined;
  readonly providerCallId: string | undefined;
  readonly capMode: CapMode;
  /** What the wallets can pay in all; -1 when free, undefined when nobody needs to know. */
  readonly affordableMs: number | undefined;
  readonly nowMs: number;
  /** The alarm about its cutoff stands; only looked up while the cutoff is pending. */
  readonly cutoffFailed?: boolean;
}

/** `final` is a live call whose covered time stopped growing. */
export function callState(hold: HoldState): CallState {
  if (hold.state === 'live' && hold.finalReason !== '') return 'final';
  return hold.state as CallState;
}

export function isOpen(hold: HoldState): boolean {
  return hold.state === 'authorized' || hold.state === 'live';
}

/** Until when the money held pays, epoch ms; before the answer, as if it came at authorize. */
export function authorizedUntilMs(hold: HoldState): number {
  return (hold.startedAtMs || hold.createdAtMs) + hold.coveredMs;
}

export function renderCall(call: CallIdentity, hold: HoldState, facts: CallFacts): Call {
  const open = isOpen(hold);
  const legs = hold.legs.map((leg) => renderLeg(leg, open));
  const [payer] = legs;
  const affordable = open ? facts.affordableMs : undefined;
  return {
    call_id: call.callId,
    organization_id: call.organizationId,
    hold_id: call.holdId,
    ...(facts.provider === undefined ? {} : { provider: facts.provider }),
    ...(facts.providerCallId === undefined ? {} : { provider_call_id: facts.providerCallId }),
    provider_metadata: metadataFor(facts.provider, call),
    state: callState(hold),
    cutoff: cutoffOf(hold, facts),
    granted_seconds: Math.floor(hold.coveredMs / 1000),
    authorized_until: hold.coveredMs > 0 ? instant(authorizedUntilMs(hold)) : null,
    affordable_seconds:
      affordable === undefined || affordable < 0 ? null : Math.floor(affordable / 1000),
    provider_cap_seconds:
      affordable === undefined
        ? null
        : providerCapSeconds(facts.provider, facts.capMode, hold.maxDurationMs, affordable),
    held_micros: payer?.held_micros ?? 0,
    ...(open ? {} : ended(hold, payer)),
    estimated: hold.estimated,
    created_at: instant(hold.createdAtMs),
    ...(hold.startedAtMs > 0 ? { started_at: instant(hold.startedAtMs) } : {}),
    legs,
  };
}

function ended(hold: HoldState, payer: CallLeg | undefined) {
  return {
    captured_micros: payer?.captured_micros ?? 0,
    shortfall_micros: payer?.shortfall_micros ?? 0,
    duration_seconds: hold.usedMs / 1000,
    ...(hold.outcome === '' ? {} : { outcome: hold.outcome }),
    ended_at: instant(hold.closedAtMs),
  };
}

/** The cutoff's moment has passed, and the end of the call is not proven. */
export function isCutoffPending(hold: HoldState, nowMs: number): boolean {
  return isOpen(hold) && hold.cutoffAtMs > 0 && nowMs >= hold.cutoffAtMs;
}

/**
 * A cutoff is pending from its moment until the hold closes; failed, while nobody could prove the
 * end in good time. A call that ended before its cutoff, and before its last words, was not cut off.
 */
function cutoffOf(hold: HoldState, facts: CallFacts): Call['cutoff'] {
  if (hold.cutoffAtMs === 0) return { state: 'none' };
  const at = instant(hold.cutoffAtMs);
  if (isOpen(hold)) {
    if (!isCutoffPending(hold, facts.nowMs)) return { at, state: 'none' };
    return { at, state: facts.cutoffFailed === true ? 'failed' : 'pending' };
  }
  const endedAtMs = hold.startedAtMs + hold.usedMs;
  const cutOff = endedAtMs >= hold.cutoffAtMs - hold.policy.endMessageMs;
  return { at, state: cutOff ? 'confirmed' : 'none' };
}

function renderLeg(leg: HoldState['legs'][number], open: boolean): CallLeg {
  const exact = leg.initialMs === 0;
  return {
    wallet_id: leg.walletId,
    role: leg.role,
    price: {
      rate_micros_per_minute: leg.rateMicrosPerMinute,
      increment: exact ? 'exact' : `${leg.initialMs / 1000}/${leg.subsequentMs / 1000}`,
      connection_fee_micros: leg.connectionFeeMicros,
      minimum_micros: leg.minimumMicros,
    },
    held_micros: leg.heldMicros,
    ...(open ? {} : { captured_micros: leg.capturedMicros, shortfall_micros: leg.shortfallMicros }),
  };
}

/** True when no leg of the hold costs anything. */
export function isFreeCall(hold: HoldState): boolean {
  return hold.legs.every(isFree);
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
