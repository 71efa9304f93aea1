/**
 * What a provider's own record of a call does to the call. From the platform's account it is the
 * strongest evidence there is: a lost start begins the clock, a lost end captures, an estimate is
 * settled. A record that says what is known already changes nothing, so records may come as often as
 * they like.
 */
import { type Engine, EVIDENCE, type Evidence, type HoldState } from '../../engine/index.ts';
import { createSeenOnce, type SeenOnce } from '../events/seen-once.ts';
import type { ProviderRecord } from '../providers/client.ts';
import { isOpen } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import { evidenceOf } from '../sessions/evidence.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';

export type RecordEffect =
  /** The end had not reached us. */
  | 'captured'
  /** The call had ended with other figures. */
  | 'settled'
  /** The start had not reached us. */
  | 'started'
  /** The call goes on as we thought. */
  | 'alive'
  | 'unchanged'
  /** It is over and could not be charged; the timeline says why. */
  | 'not_charged';

/** A hold whose clock began this much later than the call is put right. */
const LATE_START_MS = 5_000;

export interface RecordContext {
  readonly sessions: CallSessions;
  readonly engine: Pick<Engine, 'check'>;
  readonly nowMs: () => number;
}

/** @throws OutageError; it is safe to apply the record again. */
export type ApplyRecord = (
  call: CallIdentity,
  hold: HoldState,
  record: ProviderRecord,
) => Promise<RecordEffect>;

export function createApplyRecord(context: RecordContext): ApplyRecord {
  const costs = createSeenOnce();
  return async (call, hold, record) => {
    if (record.live) return await live(context, call, hold, record);
    return await over(context, costs, call, hold, record);
  };
}

async function live(
  { sessions, engine, nowMs }: RecordContext,
  call: CallIdentity,
  hold: HoldState,
  { startedAtMs }: ProviderRecord,
): Promise<RecordEffect> {
  if (!isOpen(hold) || startedAtMs === undefined) return 'unchanged';
  if (hold.state === 'authorized' || hold.estimated) {
    const reply = await sessions.start(call, startedAtMs);
    return reply.status === 'started' ? 'started' : 'unchanged';
  }
  const late = hold.startedAtMs - startedAtMs > LATE_START_MS;
  const { partition, holdId } = call;
  const elapsedMs = late ? Math.max(0, nowMs() - startedAtMs) : 0;
  const reply = await engine.check({ partition, holdId, elapsedMs, proofOfLife: true });
  if ('hold' in reply) sessions.saw(holdId, reply.hold);
  return 'alive';
}

async function over(
  { sessions }: RecordContext,
  costs: SeenOnce,
  call: CallIdentity,
  hold: HoldState,
  record: ProviderRecord,
): Promise<RecordEffect> {
  const { provider, providerCallId, costMicros } = record;
  const isNews =
    costMicros !== undefined && costs.first(`${provider} ${providerCallId} ${costMicros}`);
  const end = endOf(call, record);
  if (!isOpen(hold) && agrees(hold, record, end.evidence)) {
    const details = { provider, provider_cost_micros: costMicros };
    if (isNews) sessions.note(call, 'provider_cost', details);
    return 'unchanged';
  }
  const reply = await sessions.end(call, end);
  if (reply.status !== 'ended') return 'not_charged';
  if (isOpen(hold)) return 'captured';
  return reply.settled ? 'settled' : 'unchanged';
}

/** True when the record can correct nothing: equal figures, or evidence as strong as itself. */
function agrees(hold: HoldState, record: ProviderRecord, evidence: Evidence): boolean {
  if (hold.evidence >= evidence) return true;
  if (hold.estimated || hold.evidence < EVIDENCE.provider_webhook) return false;
  const durationMs = record.outcome === 'no_answer' ? 0 : record.durationMs;
  return (
    durationMs === undefined || (durationMs === hold.usedMs && record.outcome === hold.outcome)
  );
}

/** The end of a call as its provider's books have it. */
export function endOf({ organizationId }: CallIdentity, record: ProviderRecord) {
  return {
    durationMs: record.durationMs,
    outcome: record.outcome,
    evidence: evidenceOf(record.signedBy, organizationId, EVIDENCE.provider_record),
    endedAtMs: record.endedAtMs,
    provider: record.provider,
    providerCallId: record.providerCallId,
    providerCostMicros: record.costMicros,
    reason: record.reason,
  };
}
