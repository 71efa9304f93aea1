/**
 * end: the call is over and its duration known. The first end captures; a later one with stronger
 * evidence settles what was captured; one with equal or weaker evidence changes nothing. A call
 * that never had a hold is charged directly, once.
 */
import { EVIDENCE, type Evidence, type HoldState, type Memo } from '../../engine/index.ts';
import type { Outcome } from '../providers/event.ts';
import { termsOf } from './authorize.ts';
import { isOpen } from './call.ts';
import { note, type SessionContext } from './context.ts';
import { lowersWord } from './evidence.ts';
import type { CallIdentity } from './known-calls.ts';

/** A day: no call lasts longer, so no report can charge more. */
const DURATION_MAX_MS = 86_400_000;

export interface EndCall {
  /** Talk time; undefined when the reporter does not know and the hold's clock decides. */
  readonly durationMs: number | undefined;
  readonly outcome: Outcome | undefined;
  readonly evidence: Evidence;
  /** When it ended, epoch ms; now if unknown. */
  readonly endedAtMs?: number | undefined;
  readonly provider?: string | undefined;
  readonly providerCallId?: string | undefined;
  /** What the provider charges, in micros. */
  readonly providerCostMicros?: number | undefined;
  /** The provider's own word for the end. */
  readonly reason?: string | undefined;
  /** Charge the call even if nobody authorized it. */
  readonly chargeWithoutHold?: boolean | undefined;
}

export type EndedCall =
  | { readonly status: 'ended'; readonly settled: boolean; readonly hold: HoldState }
  | { readonly status: 'call_not_found' }
  | { readonly status: 'not_charged'; readonly why: string };

export async function endCall(
  context: SessionContext,
  call: CallIdentity,
  request: EndCall,
): Promise<EndedCall> {
  const measured = await measure(context, call, request);
  const { partition, holdId } = call;
  const end = { partition, holdId, ...measured, memo: memoOf(call, request) };
  const reply = await context.engine.capture(end);
  switch (reply.status) {
    case 'done':
      return ended(context, call, reply.entry.hold, false);
    case 'hold_closed':
      return await settleCall(context, call, reply.hold, request, end);
    case 'hold_not_found':
      if (request.chargeWithoutHold !== true) return { status: 'call_not_found' };
      return await chargeDirectly(context, call, request, end);
    default:
      context.log.error({ call_id: call.callId, status: reply.status }, 'a call was not captured');
      return { status: 'not_charged', why: reply.status };
  }
}

type MeasuredEnd = Parameters<SessionContext['engine']['settle']>[0];

/** What nobody measured is inferred from the hold's own clock, which is the weakest evidence. */
async function measure(context: SessionContext, call: CallIdentity, request: EndCall) {
  const outcome = request.outcome ?? '';
  const occurred = request.endedAtMs === undefined ? {} : { occurredAtMs: request.endedAtMs };
  if (request.outcome === 'no_answer') {
    return { durationMs: 0, evidence: request.evidence, outcome, ...occurred };
  }
  if (request.durationMs !== undefined) {
    const durationMs = within(request.durationMs);
    return { durationMs, evidence: request.evidence, outcome, ...occurred };
  }
  const hold = await context.engine.hold(call.partition, call.holdId);
  const startedAtMs = hold?.startedAtMs ?? 0;
  const endedAtMs = request.endedAtMs ?? context.nowMs();
  const durationMs = startedAtMs === 0 ? 0 : within(endedAtMs - startedAtMs);
  return { durationMs, evidence: EVIDENCE.clock, outcome, ...occurred };
}

function within(durationMs: number): number {
  return Math.min(DURATION_MAX_MS, Math.max(0, Math.round(durationMs)));
}

async function settleCall(
  context: SessionContext,
  call: CallIdentity,
  hold: HoldState,
  request: EndCall,
  end: MeasuredEnd,
): Promise<EndedCall> {
  if (end.evidence <= hold.evidence || lowersWord(hold, end)) {
    noteCost(context, call, request);
    return ended(context, call, hold, false);
  }
  const reply = await context.engine.settle(end);
  switch (reply.status) {
    case 'done':
      return ended(context, call, reply.entry.hold, true);
    case 'unchanged':
      noteCost(context, call, request);
      return ended(context, call, reply.hold, false);
    case 'hold_not_found':
      return { status: 'call_not_found' };
    default:
      context.log.error({ call_id: call.callId, status: reply.status }, 'a call was not settled');
      return { status: 'not_charged', why: reply.status };
  }
}

/** No hold, in Redis or in the ledger: the call did happen, so it is charged in one step. */
async function chargeDirectly(
  context: SessionContext,
  call: CallIdentity,
  request: EndCall,
  end: MeasuredEnd,
): Promise<EndedCall> {
  const terms = await termsOf(context, call);
  if (terms.status !== 'terms') {
    note(context, call, 'not_charged', { ...terms });
    return { status: 'not_charged', why: terms.status };
  }
  if (!(await claimed(context, call, request))) {
    note(context, call, 'not_charged', { status: 'linked_elsewhere' });
    return { status: 'not_charged', why: 'linked_elsewhere' };
  }
  const { organizationId, callId, partition, holdId } = call;
  const reply = await context.engine.record({
    partition,
    request: { kind: 'call', scope: organizationId, key: callId, fingerprint: 'charged directly' },
    holdId,
    organizationId,
    callId,
    durationMs: end.durationMs ?? 0,
    evidence: end.evidence,
    outcome: end.outcome ?? '',
    ...(end.occurredAtMs === undefined ? {} : { occurredAtMs: end.occurredAtMs }),
    legs: terms.paying.legs,
    ...(end.memo === undefined ? {} : { memo: end.memo }),
  });
  switch (reply.status) {
    case 'done':
      rememberDirectCharge(context, call, request);
      return ended(context, call, reply.entry.hold, false);
    case 'hold_exists':
    case 'idempotency_conflict':
      // Somebody else was faster: the hold is there now, so this end is one of several.
      return await endCall(context, call, { ...request, chargeWithoutHold: false });
    default:
      note(context, call, 'not_charged', { status: reply.status });
      return { status: 'not_charged', why: reply.status };
  }
}

/**
 * One call of a provider is charged to one call of ours. Whose it is may have been read from a binding
 * only, and bindings move: the link makes every later message about it find this call again.
 */
async function claimed(
  { records, known }: SessionContext,
  call: CallIdentity,
  { provider, providerCallId, evidence }: EndCall,
): Promise<boolean> {
  if (provider === undefined || providerCallId === undefined || providerCallId === '') return true;
  const claimed = evidence < EVIDENCE.provider_webhook;
  const link = { ...call, provider, providerCallId, claimed };
  if ((await records.link(link)) !== 'linked') return false;
  known.linked(provider, providerCallId, call.holdId, claimed);
  return true;
}

function rememberDirectCharge(context: SessionContext, call: CallIdentity, request: EndCall) {
  note(context, call, 'charged_without_hold', { duration_ms: request.durationMs });
  void context.newRecords.write({
    ...call,
    service: 'voice_minute',
    provider: request.provider,
    providerCallId: request.providerCallId,
    destination: undefined,
    metadata: undefined,
    maxDurationSeconds: undefined,
  });
}

function ended(
  context: SessionContext,
  call: CallIdentity,
  hold: HoldState | null,
  settled: boolean,
): EndedCall {
  if (hold === null || isOpen(hold)) throw new Error('an end that left the hold open');
  context.known.saw(call.holdId, hold);
  return { status: 'ended', settled, hold };
}

/** A cost that comes after the capture moves no money of ours; the timeline keeps it. */
function noteCost(context: SessionContext, call: CallIdentity, request: EndCall): void {
  if (request.providerCostMicros === undefined) return;
  const { provider, providerCostMicros } = request;
  note(context, call, 'provider_cost', { provider, provider_cost_micros: providerCostMicros });
}

function memoOf(call: CallIdentity, request: EndCall): Memo {
  const { outcome, provider, providerCallId, providerCostMicros, reason } = request;
  return {
    call_id: call.callId,
    ...(outcome === undefined ? {} : { outcome }),
    ...(provider === undefined ? {} : { provider }),
    ...(providerCallId === undefined ? {} : { provider_call_id: providerCallId }),
    ...(providerCostMicros === undefined ? {} : { provider_cost_micros: providerCostMicros }),
    ...(reason === undefined || reason === '' ? {} : { ended_reason: reason }),
  };
}
