/**
 * One record of a provider's list against what Ringfence knows.
 *
 *               | hold is known       | no hold, ours      | nobody's
 *   live        | start, sign of life | adopted            | foreign
 *               | closed: ended       |                    |
 *   over        | captured or settled | charged directly   | foreign
 */
import { type Engine, OutageError } from '../../engine/index.ts';
import { type ApplyRecord, endOf, type RecordEffect } from '../asking/apply-record.ts';
import { endUnpaid, isSaidOver } from '../asking/said-over.ts';
import type { BindingFacts, Log, ReconcileMarks } from '../doors.ts';
import type { ProviderRecord } from '../providers/client.ts';
import type { ProviderAccount } from '../providers/clients.ts';
import { told } from '../providers/several-accounts.ts';
import { isOpen } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { CallReach } from '../sessions/reach.ts';
import { adoptCall, resumeAdoption } from './adopt.ts';
import type { ReconcileCounts } from './report.ts';

export type RecordOutcome = Exclude<keyof ReconcileCounts, 'listed'>;

export interface ReconcileContext {
  readonly engine: Pick<Engine, 'hold'>;
  readonly sessions: CallSessions;
  readonly marks: Pick<ReconcileMarks, 'isLeg'>;
  /** True while a call that was dialled from this number may exist and is not linked. */
  readonly dialsOpen: (provider: string, from: string) => Promise<boolean>;
  readonly apply: ApplyRecord;
  readonly log: Log;
  readonly isOutage: (error: unknown) => boolean;
}

/** @throws an outage of a store; anything else that goes wrong with one call is its own `failed`. */
export async function reconcileRecord(
  context: ReconcileContext,
  account: ProviderAccount,
  record: ProviderRecord,
): Promise<RecordOutcome> {
  try {
    return await outcomeOf(context, account, record);
  } catch (error) {
    if (context.isOutage(error) || error instanceof OutageError) throw error;
    const fields = {
      err: error,
      provider: record.provider,
      provider_call_id: record.providerCallId,
    };
    context.log.error(fields, 'a call in the list of its provider could not be reconciled');
    return 'failed';
  }
}

async function outcomeOf(
  context: ReconcileContext,
  account: ProviderAccount,
  listed: ProviderRecord,
): Promise<RecordOutcome> {
  const { sessions, engine } = context;
  const record = told(account, listed);
  // In an organization's own account a call can only be its own or a descendant's.
  const found = await sessions.findCall(record);
  if (found.status !== 'found') return 'foreign';
  const { call, binding } = found;
  const hold = await engine.hold(call.partition, call.holdId);
  if (hold !== undefined) {
    const reach = await sessions.reach(call);
    const linked = reach !== undefined && reach.providerCallId === record.providerCallId;
    if (reach !== undefined && !linked && (await isRight(account, reach, call, record))) {
      return anotherCall(context, call, record);
    }
    if (linked) sessions.learn(call, record);
    else if (record.live) {
      if (isOpen(hold) && (await resumeAdoption(context, call, record, binding))) return 'adopted';
      await linkTo(context, call, record);
    }
    if (record.live && isSaidOver(hold)) {
      await endUnpaid(context, account.client, call, record);
      return 'refused';
    }
    return OUTCOMES[await context.apply(call, hold, record)];
  }
  if (record.provider === 'twilio' && (await context.marks.isLeg(record.providerCallId))) {
    return 'unchanged';
  }
  if (await mayBeDialled(context, record)) return 'waiting';
  return record.live
    ? await adopt(context, account, call, record, binding)
    : await charge(context, call, record);
}

const OUTCOMES: Readonly<Record<RecordEffect, RecordOutcome>> = {
  captured: 'captured',
  settled: 'settled',
  started: 'unchanged',
  alive: 'unchanged',
  unchanged: 'unchanged',
  not_charged: 'failed',
};

/**
 * A call at Twilio that was dialled without an answer is told by its callbacks alone: Twilio's list
 * has no metadata. Until that dial is decided, the call is not taken for one that nobody knows.
 */
async function mayBeDialled(context: ReconcileContext, record: ProviderRecord): Promise<boolean> {
  if (record.provider !== 'twilio') return false;
  const numbers = record.bindings.filter(({ kind }) => kind === 'phone_number');
  for (const { externalId } of numbers) {
    if (await context.dialsOpen(record.provider, externalId)) return true;
  }
  return false;
}

/**
 * Whether the call is linked to what it is linked to, although this record names it as well. What
 * somebody with a key claimed is wrong if the platform's account does not have it for that call.
 */
async function isRight(
  { client }: ProviderAccount,
  reach: CallReach,
  call: CallIdentity,
  { provider, signedBy }: ProviderRecord,
): Promise<boolean> {
  if (reach.claimed !== true || signedBy !== undefined || reach.provider !== provider) return true;
  const claimed = await client.fetch(reach.providerCallId);
  if (claimed === 'not_found') return false;
  const { organizationId = call.organizationId, callId = call.callId } = claimed.ringfence;
  return organizationId === call.organizationId && callId === call.callId;
}

/**
 * The metadata names a call that is linked to another call of the provider: it was dialled again.
 * One call id is charged once; that a second call went under it is for people to know.
 */
function anotherCall(
  { log }: ReconcileContext,
  call: CallIdentity,
  { provider, providerCallId, durationMs }: ProviderRecord,
): RecordOutcome {
  if (durationMs === 0) return 'unchanged';
  const fields = { provider, provider_call_id: providerCallId, call_id: call.callId };
  log.error(fields, 'a second call of a provider goes under the id of another and is not charged');
  return 'unchanged';
}

async function linkTo(
  { sessions }: ReconcileContext,
  call: CallIdentity,
  { provider, providerCallId, controlUrl, twilioCallSid, signedBy }: ProviderRecord,
): Promise<void> {
  const word = signedBy === undefined ? 'ours' : 'callers';
  await sessions.link(call, { provider, providerCallId, controlUrl, twilioCallSid }, word);
}

async function adopt(
  context: ReconcileContext,
  { client }: ProviderAccount,
  call: CallIdentity,
  record: ProviderRecord,
  binding: BindingFacts | undefined,
): Promise<RecordOutcome> {
  // A call that rings costs nothing, and its gate or its dialler may be about to authorize it.
  if (record.startedAtMs === undefined) return 'waiting';
  return await adoptCall(context, client, call, record, binding);
}

/** A call that nobody answered costs nothing, so one that nobody authorized leaves no trace. */
async function charge(
  { sessions }: ReconcileContext,
  call: CallIdentity,
  record: ProviderRecord,
): Promise<RecordOutcome> {
  if (record.durationMs === 0 || record.outcome === 'no_answer') return 'unchanged';
  if (record.durationMs === undefined) return 'failed';
  const reply = await sessions.end(call, { ...endOf(call, record), chargeWithoutHold: true });
  return reply.status === 'ended' ? 'charged' : 'failed';
}
