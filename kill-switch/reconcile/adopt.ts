/**
 * Opens the hold of a call that goes on without one: its authorize was lost with the last writes of
 * a Redis, or was never asked for. A call that cannot be paid for is asked to end.
 */
import type { BindingFacts, Log } from '../doors.ts';
import { type ProviderClient, ProviderOutage, type ProviderRecord } from '../providers/client.ts';
import type { AuthorizeCall } from '../sessions/authorize.ts';
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
  const { provider } = record;
  const { callId } = call;
  const answer = await sessions.authorize(authorizationOf(call, record, binding));
  switch (answer.status) {
    case 'authorized':
      await begin(context, call, record);
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

/**
 * Takes up an adoption that ended between its hold and its record: without the record nobody would
 * know whose call the hold is for.
 * @returns false when the hold is no adoption's
 * @throws OutageError
 */
export async function resumeAdoption(
  context: AdoptContext,
  call: CallIdentity,
  record: ProviderRecord,
  binding: BindingFacts | undefined,
): Promise<boolean> {
  const answer = await context.sessions.authorize(authorizationOf(call, record, binding));
  if (answer.status !== 'authorized') return false;
  await begin(context, call, record);
  return true;
}

/** The same each time, so that an adoption that is tried again is a replay. */
function authorizationOf(
  { organizationId, callId }: CallIdentity,
  { provider, providerCallId, controlUrl, signedBy }: ProviderRecord,
  binding: BindingFacts | undefined,
): AuthorizeCall {
  return {
    organizationId,
    callId,
    fingerprint: `${provider} adoption`,
    walletId: binding?.walletId ?? undefined,
    provider,
    providerCallId,
    controlUrl,
    linkedBy: signedBy === undefined ? 'provider' : 'caller',
  };
}

async function begin(
  { sessions, log }: AdoptContext,
  call: CallIdentity,
  { provider, providerCallId, startedAtMs }: ProviderRecord,
): Promise<void> {
  await sessions.start(call, startedAtMs);
  sessions.note(call, 'adopted', { provider, provider_call_id: providerCallId, startedAtMs });
  log.warn({ provider, call_id: call.callId }, 'a live call without a hold was adopted');
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
