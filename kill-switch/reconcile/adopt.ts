/**
 * Opens the hold of a call that goes on without one: its authorize was lost with the last writes of
 * a Redis, or was never asked for. A call that cannot be paid for is asked to end.
 */
import type { BindingFacts, Log } from '../doors.ts';
import { type ProviderClient, ProviderOutage, type ProviderRecord } from '../providers/client.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';

export interface AdoptContext {
  readonly sessions: CallSessions;
  readonly log: Log;
}

/** @throws OutageError */
export async function adoptCall(
  context: AdoptContext,
  client: ProviderClient,
  call: CallIdentity,
  record: ProviderRecord,
  binding: BindingFacts | undefined,
): Promise<'adopted' | 'refused' | 'failed' | 'unchanged'> {
  const { sessions, log } = context;
  const { provider, providerCallId, controlUrl, startedAtMs } = record;
  const { organizationId, callId } = call;
  const answer = await sessions.authorize({
    organizationId,
    callId,
    fingerprint: `${provider} adoption`,
    walletId: binding?.walletId ?? undefined,
    provider,
    providerCallId,
    controlUrl,
    linkedBy: record.signedBy === undefined ? 'provider' : 'caller',
  });
  switch (answer.status) {
    case 'authorized':
      await sessions.start(call, startedAtMs);
      sessions.note(call, 'adopted', { provider, provider_call_id: providerCallId, startedAtMs });
      log.warn({ provider, call_id: callId }, 'a live call without a hold was adopted');
      return 'adopted';
    case 'hold_exists':
      // Somebody authorized it a moment ago; the next pass sees it as a known call.
      return 'unchanged';
    case 'insufficient_funds':
    case 'wallet_frozen':
      await end(context, client, call, record, answer.status);
      return 'refused';
    default:
      sessions.note(call, 'not_adopted', { reason: answer.status, provider });
      log.error({ provider, call_id: callId, why: answer.status }, 'a live call was not adopted');
      return 'failed';
  }
}

/** Whatever becomes of it, the call is charged from its record when it is over. */
async function end(
  { sessions, log }: AdoptContext,
  client: ProviderClient,
  call: CallIdentity,
  { provider, providerCallId, controlUrl, twilioCallSid }: ProviderRecord,
  reason: string,
): Promise<void> {
  const push = await client.hangUp({ providerCallId, controlUrl, twilioCallSid }).catch((error) => {
    if (error instanceof ProviderOutage) return { status: 'unreachable' } as const;
    throw error;
  });
  sessions.note(call, 'adoption_refused', { reason, provider, push: push.status });
  log.error(
    { provider, call_id: call.callId, why: reason, push: push.status },
    'a live call without a hold cannot be paid for and was asked to end',
  );
}
