import type { BindingKind, CallReference, ProviderEvent } from '../event.ts';
import { momentAt, textAt } from '../json.ts';
import { ringfenceMetadata } from '../metadata.ts';
import { ANSWERED, isFinal, NOT_YET, readCallStatus } from './call-status.ts';
import type { TwilioForm } from './form.ts';

/**
 * Reads one voice status callback. Undefined when the form is none.
 * @param query that of the address Twilio posted to, where our ids are.
 */
export function parseTwilioVoice(
  form: TwilioForm,
  query: URLSearchParams,
): ProviderEvent | undefined {
  const status = textAt(form, 'CallStatus');
  if (status === undefined || textAt(form, 'CallSid') === undefined) return undefined;
  const common = {
    ...reference(form, query),
    name: `call-status ${status}`,
    atMs: momentAt(form, 'Timestamp'),
  };
  // A leg that a call dialled is part of that call, unless it was authorized on its own.
  const ownCall = common.ringfence.callId !== undefined || !textAt(form, 'ParentCallSid');
  if (!ownCall || NOT_YET.has(status)) return { ...common, type: 'ignored', known: true };
  if (status === ANSWERED) return { ...common, type: 'started', startedAtMs: common.atMs };
  if (!isFinal(status)) return { ...common, type: 'ignored', known: false };
  const talkMs = secondsToMs(textAt(form, 'CallDuration'));
  const read = readCallStatus(status, textAt(form, 'AnsweredBy'), talkMs);
  return {
    ...common,
    type: 'report',
    reason: status,
    reasonKnown: read.known,
    outcome: read.outcome,
    durationMs: read.answered ? talkMs : 0,
    endedAtMs: common.atMs,
    // Callbacks carry no price; it comes later and by look-up only.
    costMicros: undefined,
  };
}

/** Whole seconds, as Twilio writes them, in milliseconds. */
export function secondsToMs(seconds: string | undefined): number | undefined {
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function reference(form: TwilioForm, query: URLSearchParams): CallReference {
  return {
    provider: 'twilio',
    providerCallId: textAt(form, 'CallSid') ?? '',
    ringfence: ringfenceMetadata(Object.fromEntries(query)),
    bindings: twilioBindings({
      direction: textAt(form, 'Direction'),
      from: textAt(form, 'From'),
      to: textAt(form, 'To'),
      accountSid: textAt(form, 'AccountSid'),
    }),
    controlUrl: undefined,
  };
}

/** Our own number is the called one of an inbound call and the calling one of an outbound call. */
export function twilioBindings(call: {
  direction: string | undefined;
  from: string | undefined;
  to: string | undefined;
  accountSid: string | undefined;
}): CallReference['bindings'] {
  const candidates: [BindingKind, string | undefined][] = [
    ['phone_number', call.direction?.startsWith('outbound') ? call.from : call.to],
    ['account', call.accountSid],
  ];
  return candidates.flatMap(([kind, id]) => (id ? [{ kind, externalId: id }] : []));
}
