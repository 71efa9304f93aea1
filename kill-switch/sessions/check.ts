/** start and check: the clock begins, and the hold is kept ahead of it. */
import { availableOf, BugError, type HoldState, OutageError } from '../../engine/index.ts';
import type { Note } from '../cutoff/doors.ts';
import { noteFinal, noteRescue } from '../cutoff/timeline.ts';
import { type CallPolicy, DEFAULT_CALL_POLICY, resolveCallPolicy } from '../policy.ts';
import { note, type SessionContext } from './context.ts';
import type { CallIdentity } from './known-calls.ts';
import {
  closedCallAnswer,
  openCallAnswer,
  outageAnswer,
  type StatusAnswer,
  unknownCallAnswer,
} from './status-answer.ts';

export interface CheckCall {
  /** Talk time so far, if the asker knows it; knowing it proves that the call lives. */
  readonly elapsedMs?: number | undefined;
  /** The asker has seen the conversation go on. */
  readonly alive?: boolean | undefined;
}

export type CheckOutcome = 'known' | 'unknown_call' | 'outage';

export interface CheckedCall {
  readonly outcome: CheckOutcome;
  readonly answer: StatusAnswer;
}

/** Never throws for an outage: whoever asks in the middle of a call must get an answer. */
export async function checkCall(
  context: SessionContext,
  call: CallIdentity,
  request: CheckCall,
): Promise<CheckedCall> {
  const { partition, holdId } = call;
  const elapsedMs = request.elapsedMs ?? 0;
  try {
    const proofOfLife = elapsedMs > 0 || request.alive === true;
    const reply = await context.engine.check({ partition, holdId, elapsedMs, proofOfLife });
    if (reply.status === 'hold_not_found') return await unknownCall(context, call.organizationId);
    if (!('hold' in reply)) throw new BugError(`check answered ${reply.status}`);
    if (reply.status === 'extended') noteFinality(context, holdId, reply.hold);
    context.known.saw(holdId, reply.hold);
    if (reply.status === 'hold_closed') {
      const available = await availableNow(context, partition, reply.hold);
      return { outcome: 'known', answer: closedCallAnswer(reply.hold, available) };
    }
    const answer = openCallAnswer(reply.hold, reply.nowMs, reply.availableMicros);
    if (answer.endCall) noteEnd(context, call, answer);
    return { outcome: 'known', answer };
  } catch (error) {
    if (!(error instanceof OutageError)) throw error;
    return await duringOutage(context, call);
  }
}

/** The check changed the hold: its call has become final by it, or goes on after all. */
function noteFinality(context: SessionContext, holdId: string, hold: HoldState): void {
  const tell: Note = (call, kind, details) => note(context, call, kind, details);
  const before = context.known.get(holdId)?.hold;
  if (hold.finalReason !== '') noteFinal(tell, hold);
  else if (before !== undefined && before.finalReason !== '') noteRescue(tell, hold);
}

/** What a status check about a call without a hold answers, by the organization's policy. */
export async function unknownCall(
  context: SessionContext,
  organizationId: string | undefined,
): Promise<CheckedCall> {
  const policy = await policyOf(context, organizationId);
  return { outcome: 'unknown_call', answer: unknownCallAnswer(policy.unknown_call) };
}

async function duringOutage(context: SessionContext, call: CallIdentity): Promise<CheckedCall> {
  const known = context.known.get(call.holdId);
  const policy = known?.policy ?? (await policyOf(context, call.organizationId));
  const hold = known?.hold ?? (await context.ledgerHold(call.holdId));
  const nowMs = context.nowMs();
  const answer = outageAnswer(hold, policy, context.startedAtMs, nowMs);
  context.log.warn({ call_id: call.callId, end_call: answer.endCall }, 'checked in an outage');
  return { outcome: 'outage', answer };
}

/** Nothing is known and nothing can be asked: the default grace counts from the process's start. */
export function unreachable(context: SessionContext): CheckedCall {
  const since = context.startedAtMs;
  const answer = outageAnswer(undefined, DEFAULT_CALL_POLICY, since, context.nowMs());
  return { outcome: 'outage', answer };
}

async function policyOf(
  context: SessionContext,
  organizationId: string | undefined,
): Promise<CallPolicy> {
  if (organizationId === undefined) return DEFAULT_CALL_POLICY;
  try {
    const chain = await context.directory.chain(organizationId);
    return resolveCallPolicy(chain.map(({ callPolicy }) => callPolicy));
  } catch (error) {
    if (!context.isOutage(error)) throw error;
    return DEFAULT_CALL_POLICY;
  }
}

async function availableNow(
  context: SessionContext,
  partition: number,
  hold: HoldState,
): Promise<number> {
  const walletId = hold.legs[0]?.walletId;
  if (walletId === undefined) return 0;
  const wallet = (await context.engine.wallets(partition, [walletId])).get(walletId);
  return wallet === undefined ? 0 : availableOf(wallet);
}

function noteEnd(context: SessionContext, call: CallIdentity, answer: StatusAnswer): void {
  const { reason, cost_so_far_micros, available_micros } = answer;
  note(context, call, 'end_call_answered', { reason, cost_so_far_micros, available_micros });
}

/** A start that is told late may be out of covered time already: it does not wait for the timer. */
async function coverLateStart(
  context: SessionContext,
  call: CallIdentity,
  hold: HoldState,
): Promise<HoldState> {
  const lateMs = context.nowMs() - hold.startedAtMs;
  if (hold.finalReason !== '' || lateMs < hold.coveredMs / 2) return hold;
  const { partition, holdId } = call;
  const reply = await context.engine.check({ partition, holdId, proofOfLife: true });
  if (!('hold' in reply) || reply.status === 'hold_closed') return hold;
  if (reply.status === 'extended') noteFinality(context, holdId, reply.hold);
  context.known.saw(holdId, reply.hold);
  return reply.hold;
}

/**
 * The call was answered. Starting again changes nothing.
 *
 * @param startedAtMs when, epoch ms; now if unknown. The engine bounds it.
 */
export async function startCall(
  context: SessionContext,
  call: CallIdentity,
  startedAtMs: number | undefined,
) {
  const reply = await context.engine.start({
    partition: call.partition,
    holdId: call.holdId,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    memo: { call_id: call.callId },
  });
  switch (reply.status) {
    case 'done': {
      const { hold } = reply.entry;
      if (hold === null) throw new Error('a start without a hold');
      if (hold.finalReason !== '') noteFinality(context, call.holdId, hold);
      context.known.saw(call.holdId, hold);
      return { status: 'started', hold: await coverLateStart(context, call, hold) } as const;
    }
    case 'already_started':
      return { status: 'started', hold: reply.hold } as const;
    case 'hold_closed':
      return { status: 'call_closed', hold: reply.hold } as const;
    default:
      return { status: 'call_not_found' } as const;
  }
}
