/** authorize: may this call start, for how long, and who pays? */
import { callHoldId, type HoldPolicy, type Memo } from '../../engine/index.ts';
import type { OrganizationFacts } from '../doors.ts';
import { type CallPolicy, policyOfCall } from '../policy.ts';
import { type Call, renderCall } from './call.ts';
import { note, type SessionContext } from './context.ts';
import type { CallIdentity } from './known-calls.ts';
import { CALL_SERVICE, resolveLegs, type SessionLegs } from './legs.ts';
import { capFloorMs } from './provider-cap.ts';

export interface AuthorizeCall {
  readonly organizationId: string;
  /** The caller's own id, unique per organization; the key that makes a retry harmless. */
  readonly callId: string;
  /** Of the whole request: the same `callId` with another one is a conflict. */
  readonly fingerprint: string;
  readonly walletId?: string | undefined;
  readonly service?: string | undefined;
  readonly provider?: string | undefined;
  readonly providerCallId?: string | undefined;
  readonly controlUrl?: string | undefined;
  /** Whose word the provider's id is: the provider's own, or that of somebody with a key. */
  readonly linkedBy?: 'provider' | 'caller' | undefined;
  /** E.164. */
  readonly destination?: string | undefined;
  readonly maxDurationSeconds?: number | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
}

/** The organization's chain and what it says about calls. */
export interface Terms {
  readonly organizations: readonly [OrganizationFacts, ...OrganizationFacts[]];
  readonly policy: CallPolicy;
  readonly paying: SessionLegs;
}

export async function authorizeCall(context: SessionContext, request: AuthorizeCall) {
  const terms = await termsOf(context, request);
  if (terms.status !== 'terms') return terms;
  const { policy, paying } = terms;
  const holdId = callHoldId(request.organizationId, request.callId);
  const { organizationId, callId } = request;
  const call: CallIdentity = { organizationId, callId, holdId, partition: paying.partition };
  const maxDurationSeconds = Math.min(
    policy.max_duration_seconds,
    request.maxDurationSeconds ?? Number.POSITIVE_INFINITY,
  );
  const decision = await context.engine.authorize({
    partition: paying.partition,
    request: { kind: 'call', scope: organizationId, key: callId, fingerprint: request.fingerprint },
    holdId,
    organizationId,
    kind: 'call',
    callId,
    hasProvider: request.provider !== undefined,
    ttlMs: 0,
    maxDurationMs: maxDurationSeconds * 1000,
    capFloorMs: capFloorMs(request.provider, policy.provider_cap, maxDurationSeconds),
    policy: holdPolicy(policy),
    unbilled: paying.unbilled,
    legs: paying.legs.map((leg) => ({ ...leg, amountMicros: 0 })),
    memo: memoOf(request, policy),
  });
  if (decision.status !== 'done') {
    if (decision.status !== 'hold_exists' && decision.status !== 'idempotency_conflict') {
      note(context, call, 'refused', { ...decision });
    }
    return decision;
  }
  return await granted(context, request, call, policy, decision);
}

/** Finds out who pays and under which policy. */
export async function termsOf(
  context: SessionContext,
  request: Pick<AuthorizeCall, 'organizationId' | 'service' | 'walletId'>,
) {
  const [organization, ...ancestors] = await context.directory.chain(request.organizationId);
  if (organization === undefined) return { status: 'organization_not_found' } as const;
  const organizations = [organization, ...ancestors] as const;
  const service = request.service ?? CALL_SERVICE;
  const paying = await resolveLegs(context.directory, organizations, service, request.walletId);
  if (paying.status !== 'legs') return paying;
  const sparse = organizations.map(({ callPolicy }) => callPolicy);
  const policy = policyOfCall(sparse, paying.recharges);
  return { status: 'terms', organizations, policy, paying } as const;
}

type Decision = Awaited<ReturnType<SessionContext['engine']['authorize']>>;

async function granted(
  context: SessionContext,
  request: AuthorizeCall,
  call: CallIdentity,
  policy: CallPolicy,
  decision: Extract<Decision, { status: 'done' }>,
): Promise<{ status: 'authorized'; replayed: boolean; call: Call }> {
  const { hold, answer, memo } = decision.entry;
  if (hold === null) throw new Error('an authorize without a hold');
  const affordableMs = answer[0] ?? -1;
  const { provider, providerCallId } = request;
  if (context.known.get(call.holdId) === undefined) {
    context.known.remember({
      identity: call,
      provider,
      providerCallId,
      policy,
      affordableMs,
      hold,
    });
  }
  // A replay writes the record again: the first process may have died before it was written.
  const recorded = context.newRecords.write(
    {
      ...call,
      service: request.service ?? CALL_SERVICE,
      provider,
      providerCallId,
      destination: request.destination,
      metadata: request.metadata,
      maxDurationSeconds: request.maxDurationSeconds,
    },
    context.recordPatienceMs,
  );
  if (provider === undefined) await recorded;
  else await Promise.all([recorded, linkProviderCall(context, request, call)]);
  // What was written just now says what the policy says.
  const capMode = (decision.replayed ? capModeIn(memo) : undefined) ?? policy.provider_cap;
  const facts = { provider, providerCallId, capMode, affordableMs, nowMs: context.nowMs() };
  return { status: 'authorized', replayed: decision.replayed, call: renderCall(call, hold, facts) };
}

/** The provider's own id is needed later only if it differs from ours, or to push the end. */
async function linkProviderCall(
  context: SessionContext,
  request: AuthorizeCall,
  call: CallIdentity,
): Promise<void> {
  const { provider, providerCallId, controlUrl, linkedBy } = request;
  if (provider === undefined || providerCallId === undefined) return;
  const claimed = linkedBy !== 'provider';
  const link = { provider, providerCallId, controlUrl, claimed };
  try {
    const linked = await context.records.link({ ...call, ...link });
    if (linked !== 'linked') return note(context, call, 'link_refused', { provider });
    context.known.linked(provider, providerCallId, call.holdId, claimed);
    context.reaches.linked(call, link);
  } catch (error) {
    // The call may start without its link: the metadata given to the provider names it as well.
    if (!context.isOutage(error)) throw error;
    context.log.warn({ err: error, call_id: call.callId }, 'a provider id could not be linked');
  }
}

function holdPolicy(policy: CallPolicy): HoldPolicy {
  return {
    minimumMs: policy.minimum_seconds * 1000,
    quantumMs: policy.quantum_seconds * 1000,
    warnMs: policy.warn_seconds * 1000,
    leadMs: policy.cutoff_lead_seconds * 1000,
    ringMs: policy.ring_timeout_seconds * 1000,
    heartbeatMs: policy.heartbeat_seconds * 1000,
    endMessageMs: policy.final_action === 'end_call' ? 0 : policy.end_message_seconds * 1000,
  };
}

/**
 * What the ledger keeps of the request: enough to render a replay. No phone number: the ledger is
 * for ever, and the call's record, which has it, is not.
 */
function memoOf(request: AuthorizeCall, policy: CallPolicy): Memo {
  return {
    call_id: request.callId,
    service: request.service ?? CALL_SERVICE,
    provider_cap: policy.provider_cap,
    ...(request.provider === undefined ? {} : { provider: request.provider }),
    ...(request.providerCallId === undefined ? {} : { provider_call_id: request.providerCallId }),
  };
}

function capModeIn(memo: string): CallPolicy['provider_cap'] | undefined {
  const parsed: unknown = JSON.parse(memo);
  if (typeof parsed !== 'object' || parsed === null || !('provider_cap' in parsed))
    return undefined;
  const mode = parsed.provider_cap;
  return mode === 'affordable' || mode === 'max_duration' ? mode : undefined;
}
