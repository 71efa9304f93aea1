import { centsToMicros } from '../decimal.ts';
import type { BindingKind, CallReference, ProviderEvent } from '../event.ts';
import { at, momentAt, textAt } from '../json.ts';
import { ringfenceMetadata } from '../metadata.ts';
import { readDisconnectionReason } from './disconnection-reason.ts';

const SIGNS_OF_LIFE = new Set([
  'transcript_updated',
  'transfer_started',
  'transfer_bridged',
  'transfer_cancelled',
]);

/** `transfer_ended` is about the leg that went on without the agent; the report has the times. */
const NOT_ABOUT_THE_CLOCK = new Set([
  'transfer_ended',
  'chat_inbound',
  'chat_started',
  'chat_ended',
  'chat_analyzed',
]);

type Common = CallReference & { readonly name: string; readonly atMs: number | undefined };

/** Reads one Retell webhook or custom function request. Undefined when the body is neither. */
export function parseRetell(body: unknown): ProviderEvent | undefined {
  const event = textAt(body, 'event');
  const call = at(body, 'call');
  if (event === undefined) return customFunction(body, call);
  if (event === 'call_inbound') return gate(at(body, 'call_inbound'), body);
  const common = { ...reference(call), name: event, atMs: momentAt(body, 'event_timestamp') };
  if (event === 'call_started') {
    return { ...common, type: 'started', startedAtMs: momentAt(call, 'start_timestamp') };
  }
  if (event === 'call_ended' || event === 'call_analyzed') return report(call, common);
  if (SIGNS_OF_LIFE.has(event)) return alive(call, common, []);
  return { ...common, type: 'ignored', known: NOT_ABOUT_THE_CLOCK.has(event) };
}

function gate(inbound: unknown, body: unknown): ProviderEvent {
  const to = textAt(inbound, 'to_number') ?? '';
  const agentId = textAt(inbound, 'agent_id');
  return {
    type: 'gate',
    name: 'call_inbound',
    provider: 'retell',
    providerCallId: textAt(inbound, 'call_id') ?? '',
    ringfence: ringfenceMetadata(at(inbound, 'metadata')),
    bindings: bindings(to, agentId),
    controlUrl: undefined,
    atMs: momentAt(body, 'event_timestamp'),
    from: textAt(inbound, 'from_number') ?? '',
    to,
    assistantId: agentId,
  };
}

/** Which call a call object is. */
export function reference(call: unknown): CallReference {
  // Our own number is the called one of an inbound call and the calling one of an outbound call.
  const side = textAt(call, 'direction') === 'inbound' ? 'to_number' : 'from_number';
  return {
    provider: 'retell',
    providerCallId: textAt(call, 'call_id') ?? '',
    ringfence: ringfenceMetadata(at(call, 'metadata')),
    bindings: bindings(textAt(call, side), textAt(call, 'agent_id')),
    controlUrl: undefined,
    twilioCallSid: textAt(call, 'telephony_identifier', 'twilio_call_sid'),
  };
}

function bindings(number: string | undefined, agentId: string | undefined) {
  const candidates: [BindingKind, string | undefined][] = [
    ['phone_number', number],
    ['agent', agentId],
  ];
  return candidates.flatMap(([kind, id]) => (id ? [{ kind, externalId: id }] : []));
}

/**
 * `call_ended` and `call_analyzed` carry the same figures; the later one may know the cost.
 * `call_status` is not looked at: Retell's own sample of an ended call says `registered`.
 */
function report(call: unknown, common: Common): ProviderEvent {
  const startedAtMs = momentAt(call, 'start_timestamp');
  const endedAtMs = momentAt(call, 'end_timestamp');
  const elapsedMs = statedDuration(call) ?? between(startedAtMs, endedAtMs);
  const reason = textAt(call, 'disconnection_reason') ?? '';
  const { outcome, answered, known } = readDisconnectionReason(reason, elapsedMs);
  return {
    ...common,
    type: 'report',
    atMs: common.atMs ?? endedAtMs,
    reason,
    reasonKnown: known,
    outcome,
    durationMs: answered ? elapsedMs : 0,
    endedAtMs,
    costMicros: centsToMicros(at(call, 'call_cost', 'combined_cost')),
  };
}

function statedDuration(call: unknown): number | undefined {
  const durationMs = at(call, 'duration_ms');
  return typeof durationMs === 'number' && durationMs >= 0 ? Math.round(durationMs) : undefined;
}

function between(startedAtMs: number | undefined, endedAtMs: number | undefined) {
  if (startedAtMs === undefined || endedAtMs === undefined) return undefined;
  return Math.max(0, endedAtMs - startedAtMs);
}

function alive(
  call: unknown,
  common: Common,
  tools: readonly { id: string; name: string }[],
): ProviderEvent {
  if (momentAt(call, 'end_timestamp') !== undefined) {
    return { ...common, type: 'ignored', known: true };
  }
  return { ...common, type: 'alive', startedAtMs: momentAt(call, 'start_timestamp'), tools };
}

/** A custom function posts `{name, call, args}`; with `args_at_root` it cannot name its call. */
function customFunction(body: unknown, call: unknown): ProviderEvent | undefined {
  const name = textAt(body, 'name');
  if (name === undefined || textAt(call, 'call_id') === undefined) return undefined;
  const common = { ...reference(call), name: `function ${name}`, atMs: undefined };
  return alive(call, common, [{ id: '', name }]);
}
