import type { PhoneCall } from '../exchange/phone-call.ts';
import { statusOf, type Twilio, type TwilioCall } from './call.ts';
import { durationSeconds, rfc2822 } from './call-resource.ts';
import { twilioSignature } from './signature.ts';

/** Real ms. */
const TIMEOUT_MS = 15_000;
const RETRY_MS = 1_000;

/** The subscribable event of each status. */
const EVENTS: Readonly<Record<string, string>> = {
  queued: 'initiated',
  ringing: 'ringing',
  'in-progress': 'answered',
};

/** Posts a form, signed for exactly this URL. */
export function postForm(
  twilio: Twilio,
  call: PhoneCall | undefined,
  event: string,
  url: string,
  parameters: Readonly<Record<string, string>>,
): void {
  const signature = twilioSignature(twilio.options.authToken, url, parameters);
  void twilio.exchange.send(call, {
    event,
    url,
    body: new URLSearchParams(parameters).toString(),
    headers: () => ({
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': signature,
    }),
    timeoutMs: TIMEOUT_MS,
    retryDelaysMs: Array.from({ length: twilio.options.callbackRetries ?? 0 }, () => RETRY_MS),
  });
}

/** Tells how far the call is. Every step has its number, whether or not it was subscribed to. */
export function statusCallback(twilio: Twilio, call: TwilioCall): void {
  const status = call.phase === 'queued' ? 'initiated' : statusOf(call);
  const number = call.sequenceNumber;
  call.sequenceNumber += 1;
  const event = EVENTS[statusOf(call)] ?? 'completed';
  if (call.statusCallback === undefined || !call.callbackEvents.has(event)) return;
  const seconds = durationSeconds(call);
  postForm(twilio, call, event, call.statusCallback, {
    AccountSid: twilio.options.accountSid,
    ApiVersion: '2010-04-01',
    From: call.from,
    To: call.to,
    Caller: call.from,
    Called: call.to,
    Direction: 'outbound-api',
    FromCountry: 'US',
    ToCountry: 'US',
    CallbackSource: 'call-progress-events',
    CallSid: call.id,
    CallStatus: status,
    ...(event === 'completed'
      ? { CallDuration: String(seconds), Duration: String(Math.ceil(seconds / 60)) }
      : {}),
    ...(status === 'busy' || status === 'failed'
      ? { SipResponseCode: status === 'busy' ? '486' : '404' }
      : {}),
    SequenceNumber: String(number),
    Timestamp: rfc2822(twilio.exchange.clock.now()),
  });
}
