import { dollarsToMicros } from '../decimal.ts';
import type { BindingKind, CallReference, ProviderEvent, RingfenceMetadata } from '../event.ts';
import { at, listAt, momentAt, textAt } from '../json.ts';
import { ringfenceMetadata } from '../metadata.ts';
import { readEndedReason } from './ended-reason.ts';
import { twilioLeg } from './twilio-leg.ts';

/** Messages that are only sent while somebody is talking. */
const SIGNS_OF_LIFE = new Set([
  'tool-calls',
  'function-call',
  'conversation-update',
  'speech-update',
  'transcript',
  'model-output',
  'user-interrupted',
  'hang',
  'phone-call-control',
  'transfer-update',
  'transfer-destination-request',
  'handoff-destination-request',
  'language-change-detected',
  'voice-input',
  'voice-request',
  'knowledge-base-request',
  'call.endpointing.request',
  'assistant.started',
  'assistant.speechStarted',
]);

/** Messages that say nothing about the clock of a call. */
const NOT_ABOUT_THE_CLOCK = new Set([
  'chat.created',
  'chat.deleted',
  'session.created',
  'session.updated',
  'session.deleted',
  'call.deleted',
  'call.delete.failed',
  'call.artifact.upload',
]);

const NOT_YET_OR_NO_LONGER = new Set(['scheduled', 'queued', 'ringing', 'ended']);

/** Reads one Vapi server message. Undefined when the body is not one. */
export function parseVapi(body: unknown): ProviderEvent | undefined {
  const message = at(body, 'message');
  const name = textAt(message, 'type');
  if (name === undefined) return undefined;
  const common = { ...reference(message), name, atMs: momentAt(message, 'timestamp') };
  if (name === 'assistant-request') {
    return {
      ...common,
      type: 'gate',
      from:
        textAt(message, 'customer', 'number') ??
        textAt(message, 'call', 'customer', 'number') ??
        '',
      to:
        textAt(message, 'phoneNumber', 'number') ?? textAt(message, 'call', 'phoneNumberId') ?? '',
      assistantId: textAt(message, 'call', 'assistantId'),
    };
  }
  if (name === 'campaign.predial')
    return { ...common, ...predialReference(message), type: 'predial' };
  if (name === 'status-update') return statusUpdate(message, common);
  if (name === 'end-of-call-report') return report(message, common);
  if (SIGNS_OF_LIFE.has(name)) return alive(message, common);
  return { ...common, type: 'ignored', known: NOT_ABOUT_THE_CLOCK.has(name) };
}

type Common = CallReference & { readonly name: string; readonly atMs: number | undefined };

/** Which call a message is about; also of a call record, given as `{ call }`. */
export function reference(message: unknown): CallReference {
  const places = [
    ringfenceMetadata(at(message, 'call', 'assistantOverrides', 'metadata')),
    ringfenceMetadata(at(message, 'assistant', 'metadata')),
    ringfenceMetadata(at(message, 'call', 'metadata')),
  ];
  const first = (field: keyof RingfenceMetadata) =>
    places.map((place) => place[field]).find((value) => value !== undefined);
  return {
    provider: 'vapi',
    providerCallId: textAt(message, 'call', 'id') ?? '',
    ringfence: {
      organizationId: first('organizationId'),
      callId: first('callId'),
      holdId: first('holdId'),
    },
    bindings: bindings(message),
    controlUrl: textAt(message, 'call', 'monitor', 'controlUrl'),
    twilioCallSid: twilioLeg(at(message, 'call')),
  };
}

/** A contact has no call yet: its campaign's account, and what Vapi may say beside, name the owner. */
function predialReference(message: unknown): Pick<CallReference, 'providerCallId' | 'bindings'> {
  const orgId = textAt(message, 'contact', 'orgId');
  const account = orgId === undefined ? [] : [{ kind: 'account' as const, externalId: orgId }];
  return { providerCallId: '', bindings: [...bindings(message), ...account] };
}

function bindings(message: unknown): { kind: BindingKind; externalId: string }[] {
  const candidates: [BindingKind, string | undefined][] = [
    ['phone_number', textAt(message, 'call', 'phoneNumberId')],
    ['phone_number', textAt(message, 'phoneNumber', 'number')],
    ['assistant', textAt(message, 'call', 'assistantId')],
    ['account', textAt(message, 'call', 'orgId')],
  ];
  return candidates.flatMap(([kind, id]) => (id === undefined ? [] : [{ kind, externalId: id }]));
}

function statusUpdate(message: unknown, common: Common): ProviderEvent {
  const status = textAt(message, 'status') ?? '';
  const name = `status-update ${status}`;
  if (status === 'in-progress') {
    const startedAtMs = momentAt(message, 'call', 'startedAt') ?? common.atMs;
    return { ...common, name, type: 'started', startedAtMs };
  }
  if (status === 'forwarding') return { ...alive(message, common), name };
  if (status !== 'ended') return { ...common, name, type: 'ignored', known: true };
  const startedAtMs = momentAt(message, 'call', 'startedAt');
  const endedAtMs = momentAt(message, 'call', 'endedAt');
  const reason = textAt(message, 'endedReason') ?? textAt(message, 'call', 'endedReason') ?? '';
  const elapsedMs = between(startedAtMs, endedAtMs);
  const { outcome, answered, known } = readEndedReason(reason, elapsedMs);
  const durationMs = answered ? elapsedMs : 0;
  const over = endedAtMs ?? common.atMs;
  return {
    ...common,
    name,
    type: 'ended',
    reason,
    reasonKnown: known,
    outcome,
    durationMs,
    endedAtMs: over,
  };
}

function report(message: unknown, common: Common): ProviderEvent {
  const startedAtMs = momentAt(message, 'startedAt') ?? momentAt(message, 'call', 'startedAt');
  const endedAtMs = momentAt(message, 'endedAt') ?? momentAt(message, 'call', 'endedAt');
  const reason = textAt(message, 'endedReason') ?? textAt(message, 'call', 'endedReason') ?? '';
  const elapsedMs = between(startedAtMs, endedAtMs) ?? undocumentedDuration(message);
  const { outcome, answered, known } = readEndedReason(reason, elapsedMs);
  return {
    ...common,
    type: 'report',
    reason,
    reasonKnown: known,
    outcome,
    durationMs: answered ? elapsedMs : 0,
    endedAtMs: endedAtMs ?? common.atMs,
    costMicros: dollarsToMicros(at(message, 'cost') ?? at(message, 'call', 'cost')),
  };
}

/** `durationMs` is often there but in no official type, so it only stands in for missing times. */
function undocumentedDuration(message: unknown): number | undefined {
  const durationMs = at(message, 'durationMs');
  return typeof durationMs === 'number' && durationMs >= 0 ? Math.round(durationMs) : undefined;
}

function alive(message: unknown, common: Common): ProviderEvent {
  if (NOT_YET_OR_NO_LONGER.has(textAt(message, 'call', 'status') ?? '')) {
    return { ...common, type: 'ignored', known: true };
  }
  const startedAtMs = momentAt(message, 'call', 'startedAt');
  return { ...common, type: 'alive', startedAtMs, tools: toolCalls(message) };
}

/** The captured payloads and the documentation spell a tool call differently: both are read. */
function toolCalls(message: unknown): { id: string; name: string }[] {
  const listed = listAt(message, 'toolCallList');
  const calls = listed.length > 0 ? listed : listAt(message, 'toolCalls');
  return calls.slice(0, 64).flatMap((call) => {
    const id = textAt(call, 'id');
    const name = textAt(call, 'function', 'name') ?? textAt(call, 'name');
    return id === undefined || name === undefined ? [] : [{ id, name }];
  });
}

function between(startedAtMs: number | undefined, endedAtMs: number | undefined) {
  if (startedAtMs === undefined || endedAtMs === undefined) return undefined;
  return Math.max(0, endedAtMs - startedAtMs);
}
