import { type EndReading, reading, unknownReading } from '../outcome.ts';

/** Somebody answered and the call ended in an ordinary way. */
const COMPLETED = [
  'customer-ended-call',
  'customer-ended-call-before-warm-transfer',
  'customer-ended-call-after-warm-transfer-attempt',
  'customer-ended-call-during-transfer',
  'assistant-ended-call',
  'assistant-ended-call-with-hangup-task',
  'assistant-ended-call-after-message-spoken',
  'assistant-said-end-call-phrase',
  'assistant-forwarded-call',
  'silence-timed-out',
  'call.in-progress.twilio-completed-call',
  'call.in-progress.sip-completed-call',
  'vonage-completed',
  'vonage-disconnected',
  'exceeded-max-duration',
  'manually-canceled',
  'call-deleted',
  'call.forwarding.operator-busy',
  'call.forwarding.no-answer',
  'call.ringing.hook-executed-say',
  'call.ringing.hook-executed-transfer',
  'call.ending.hook-executed-say',
  'call.ending.hook-executed-transfer',
];

/** The other side never picked up. */
const NOT_ANSWERED = [
  'customer-did-not-answer',
  'customer-busy',
  'twilio-failed-to-connect-call',
  'twilio-reported-customer-misdialed',
  'vonage-rejected',
  'vonage-failed-to-connect-call',
  'call.ringing.sip-inbound-caller-hungup-before-call-connect',
  'call.ringing.error-sip-inbound-call-failed-to-connect',
  'call.in-progress.error-sip-inbound-call-failed-to-connect',
  'call.in-progress.error-sip-outbound-call-failed-to-connect',
  'customer-did-not-give-microphone-permission',
];

/** The call was given up before it began. */
const NEVER_STARTED = [
  'call-start-error-neither-assistant-nor-server-set',
  'assistant-request-failed',
  'assistant-request-returned-error',
  'assistant-request-returned-unspeakable-error',
  'assistant-request-returned-invalid-assistant',
  'assistant-request-returned-no-assistant',
  'assistant-request-returned-forwarding-phone-number',
  'scheduled-call-deleted',
  'call.start.assistant-version-error-validation',
  'assistant-not-valid',
  'assistant-not-found',
  'assistant-join-timed-out',
  'phone-call-provider-bypass-enabled-but-no-call-received',
];

/** Something broke, before or during the conversation: the times decide. */
const FAULTS = ['worker-shutdown', 'phone-call-provider-closed-websocket'];

const READINGS: ReadonlyMap<string, EndReading> = new Map([
  ...COMPLETED.map((reason) => [reason, reading('completed', true)] as const),
  ...NOT_ANSWERED.map((reason) => [reason, reading('no_answer', false)] as const),
  ...NEVER_STARTED.map((reason) => [reason, reading('failed', false)] as const),
  ...FAULTS.map((reason) => [reason, reading('failed', true)] as const),
  ['voicemail', reading('voicemail', true)],
]);

/**
 * Vapi's list has several hundred faults that differ by vendor only, so whole families are read
 * by their prefix, most specific first.
 */
const FAMILIES: readonly (readonly [prefix: string, reading: EndReading])[] = [
  ['call.start.error-', reading('failed', false)],
  ['call.in-progress.error-providerfault-outbound-sip-', reading('no_answer', false)],
  ['call.in-progress.error-', reading('failed', true)],
  ['pipeline-error-', reading('failed', true)],
];

/** Reads Vapi's `endedReason`. A reason not in the list is settled by time. */
export function readEndedReason(reason: string, durationMs: number | undefined): EndReading {
  const exact = READINGS.get(reason);
  if (exact) return exact;
  const family = FAMILIES.find(([prefix]) => reason.startsWith(prefix));
  return family ? family[1] : unknownReading(durationMs);
}
