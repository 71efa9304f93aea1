import { talkedMs } from '../exchange/phone-call.ts';
import { type CallRecord, commonRecord } from '../exchange/record.ts';
import { statusOf, type Twilio, type TwilioCall } from './call.ts';
import { callCostMicros, priceText } from './price.ts';

/** RFC 2822, whole seconds: `Fri, 20 Nov 2026 16:02:20 +0000`. */
export function rfc2822(atMs: number): string {
  return new Date(atMs).toUTCString().replace('GMT', '+0000');
}

/** Twilio counts started seconds. */
export function durationSeconds(call: TwilioCall): number {
  return Math.ceil(talkedMs(call, 0) / 1_000);
}

/** The call resource. The price is null until it has been worked out, a while after the end. */
export function callResource(twilio: Twilio, call: TwilioCall): Record<string, unknown> {
  const { accountSid } = twilio.options;
  const { endedAtMs, script } = call;
  const now = twilio.exchange.clock.now();
  const priced =
    endedAtMs !== undefined &&
    call.startedAtMs !== undefined &&
    now >= endedAtMs + script.processingMs;
  const uri = `/2010-04-01/Accounts/${accountSid}/Calls/${call.id}`;
  return {
    sid: call.id,
    account_sid: accountSid,
    parent_call_sid: null,
    status: statusOf(call),
    direction: 'outbound-api',
    from: call.from,
    to: call.to,
    start_time: call.startedAtMs === undefined ? null : rfc2822(call.startedAtMs),
    end_time: endedAtMs === undefined ? null : rfc2822(endedAtMs),
    duration: duration(call),
    price: priced ? priceText(callCostMicros(durationSeconds(call))) : null,
    price_unit: 'USD',
    answered_by: null,
    api_version: '2010-04-01',
    phone_number_sid: `PN${'0'.repeat(31)}1`,
    queue_time: '0',
    trunk_sid: null,
    date_created: rfc2822(call.createdAtMs),
    date_updated: rfc2822(call.updatedAtMs),
    uri: `${uri}.json`,
    subresource_uris: { events: `${uri}/Events.json` },
  };
}

/** Null while the call is not over; "0" for one that nobody answered. */
function duration(call: TwilioCall): string | null {
  return call.phase === 'ended' ? String(durationSeconds(call)) : null;
}

export function twilioRecord(twilio: Twilio, call: TwilioCall): CallRecord {
  const common = commonRecord(call, twilio.exchange.clock.now());
  const seconds = Math.ceil(common.durationMs / 1_000);
  return {
    ...common,
    metadata: undefined,
    reportedDurationMs: seconds * 1_000,
    reason: call.phase === 'ended' ? statusOf(call) : undefined,
    costMicros: callCostMicros(seconds),
  };
}
