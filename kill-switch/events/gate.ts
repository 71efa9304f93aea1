/** The inbound gate: may this call come in, and for how long? Somebody hears it ring meanwhile. */
import { derivedId, EVIDENCE } from '../../engine/index.ts';
import type { BindingFacts, CallDirectory, Log } from '../doors.ts';
import type { GateEvent } from '../providers/event.ts';
import { textAt } from '../providers/json.ts';
import type { Call } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';

/**
 * Vapi gives up after 7.5 s end to end, so an engine that recovers is waited for no longer than
 * this; then the call is turned away, because nobody could end it when the money does.
 */
const GATE_PATIENCE_MS = 5_000;
const TRY_AGAIN_MS = 200;

export type GateAnswer =
  | { readonly status: 'granted'; readonly call: Call; readonly assistantId: string | undefined }
  | { readonly status: 'refused'; readonly code: string; readonly sentence: string };

export interface GateContext {
  readonly sessions: CallSessions;
  readonly directory: CallDirectory;
  readonly log: Log;
  readonly isOutage: (error: unknown) => boolean;
  /** For tests. */
  readonly patienceMs?: number;
}

/** Decides about one inbound call. The same event again gets the same answer. */
export async function decideGate(context: GateContext, event: GateEvent): Promise<GateAnswer> {
  const patience = new AbortController();
  const deciding = untilDecided(context, event, patience.signal);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), context.patienceMs ?? GATE_PATIENCE_MS);
  });
  try {
    const answer = await Promise.race([deciding, late]);
    if (answer !== undefined) return answer;
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
  void deciding.then((answer) => takeBack(context, answer)).catch(() => undefined);
  return refused('recovering');
}

async function untilDecided(
  context: GateContext,
  event: GateEvent,
  patience: AbortSignal,
): Promise<GateAnswer> {
  for (;;) {
    try {
      return await decide(context, event);
    } catch (error) {
      if (!context.isOutage(error)) throw error;
      if (patience.aborted) return refused('recovering');
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

/** The caller was turned away while the engine still worked: what it held then is released. */
async function takeBack(context: GateContext, answer: GateAnswer): Promise<void> {
  if (answer.status !== 'granted') return;
  const { organization_id: organizationId, call_id: callId } = answer.call;
  const call = await context.sessions.identify(organizationId, callId);
  if (call === undefined) return;
  const evidence = EVIDENCE.caller;
  await context.sessions.end(call, { durationMs: 0, outcome: 'no_answer', evidence });
}

async function decide(context: GateContext, event: GateEvent): Promise<GateAnswer> {
  const { sessions } = context;
  const found = await sessions.findCall(event);
  if (found.status === 'unknown') return refused('organization_not_found');
  const organizationId =
    found.status === 'found' ? found.call.organizationId : found.organizationId;
  const callId = found.status === 'found' ? found.call.callId : mintedCallId(event);
  const answer = await sessions.authorize({
    organizationId,
    callId,
    fingerprint: `${event.provider} gate`,
    walletId: found.binding?.walletId ?? undefined,
    provider: event.provider,
    providerCallId: event.providerCallId === '' ? undefined : event.providerCallId,
    controlUrl: event.controlUrl,
    linkedBy: event.signedBy === undefined ? 'provider' : 'caller',
  });
  if (answer.status === 'authorized') {
    const assistantId = await assistantFor(context, event, organizationId, found.binding);
    return { status: 'granted', call: answer.call, assistantId };
  }
  if (answer.status !== 'hold_exists' && answer.status !== 'idempotency_conflict') {
    return refused(answer.status);
  }
  // The call was authorized in another way before it rang here, or it is over already.
  const call = await sessions.identify(organizationId, callId);
  const existing = call && (await sessions.get(call));
  if (existing === undefined || existing.provider_cap_seconds === null)
    return refused('call_closed');
  const assistantId = await assistantFor(context, event, organizationId, found.binding);
  return { status: 'granted', call: existing, assistantId };
}

/** Retell may name no call yet: retries of one event must still meet one hold. */
function mintedCallId(event: GateEvent): string {
  const id = derivedId('req', event.provider, event.to, event.from, String(event.atMs ?? ''));
  return id.replace(/^req_/, 'inbound_');
}

/** Who answers: named by the event, else by the number's binding, else by the organization. */
async function assistantFor(
  context: GateContext,
  event: GateEvent,
  organizationId: string,
  binding: BindingFacts | undefined,
): Promise<string | undefined> {
  if (event.assistantId !== undefined) return event.assistantId;
  const field = event.provider === 'vapi' ? 'assistant_id' : 'agent_id';
  const bound = textAt(binding?.metadata, field);
  if (bound !== undefined) return bound;
  const chain = await context.directory.chain(organizationId);
  return chain
    .map((organization) => textAt(organization.metadata, `${event.provider}_${field}`))
    .find((id) => id !== undefined);
}

function refused(code: string): GateAnswer {
  const outOfCredit = code === 'insufficient_funds' || code === 'wallet_frozen';
  const sentence = outOfCredit
    ? 'Sorry, this line is out of credit. Please contact the account owner.'
    : 'Sorry, this line cannot take your call right now. Please try again later.';
  return { status: 'refused', code, sentence };
}
