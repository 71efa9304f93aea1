import type { Twilio } from './call.ts';
import { rfc2822 } from './call-resource.ts';
import { postForm } from './callbacks.ts';
import { messageCostMicros, priceText } from './price.ts';

const SENT_MS = 800;
const DELIVERED_MS = 3_000;
const PRICED_MS = 10_000;

/** One outgoing SMS. Times are simulated epoch ms. */
export interface Message {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly segments: number;
  /** Its segments are not known before it was sent. */
  readonly byService: string | undefined;
  readonly statusCallback: string | undefined;
  readonly arrives: boolean;
  readonly createdAtMs: number;
  status: 'queued' | 'accepted' | 'sent' | 'delivered' | 'undelivered';
  sentAtMs: number | undefined;
  updatedAtMs: number;
}

/** Unreachable handset. */
const ERROR_CODE = 30_003;

export function messageResource(twilio: Twilio, message: Message): Record<string, unknown> {
  const { accountSid } = twilio.options;
  const now = twilio.exchange.clock.now();
  const priced = message.sentAtMs !== undefined && now >= message.createdAtMs + PRICED_MS;
  const uncounted = message.byService !== undefined && message.sentAtMs === undefined;
  const failed = message.status === 'undelivered';
  return {
    sid: message.id,
    account_sid: accountSid,
    messaging_service_sid: message.byService ?? null,
    status: message.status,
    direction: 'outbound-api',
    from: message.from,
    to: message.to,
    body: message.body,
    num_segments: uncounted ? '0' : String(message.segments),
    num_media: '0',
    price: priced ? priceText(messageCostMicros(message.segments)) : null,
    price_unit: 'USD',
    error_code: failed ? ERROR_CODE : null,
    error_message: failed ? 'Unreachable destination handset' : null,
    api_version: '2010-04-01',
    date_created: rfc2822(message.createdAtMs),
    date_sent: message.sentAtMs === undefined ? null : rfc2822(message.sentAtMs),
    date_updated: rfc2822(message.updatedAtMs),
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${message.id}.json`,
  };
}

/** Takes a message from queued to sent to delivered, or not, with a callback at each step. */
export function sendOff(twilio: Twilio, message: Message): void {
  const { clock } = twilio.exchange;
  const step = (status: Message['status']) => {
    message.status = status;
    message.updatedAtMs = clock.now();
    if (status === 'sent') message.sentAtMs = message.updatedAtMs;
    messageCallback(twilio, message);
  };
  clock.at(message.createdAtMs + SENT_MS, () => step('sent'));
  clock.at(message.createdAtMs + DELIVERED_MS, () =>
    step(message.arrives ? 'delivered' : 'undelivered'),
  );
}

function messageCallback(twilio: Twilio, message: Message): void {
  if (message.statusCallback === undefined) return;
  postForm(twilio, undefined, `message ${message.status}`, message.statusCallback, {
    AccountSid: twilio.options.accountSid,
    ApiVersion: '2010-04-01',
    From: message.from,
    To: message.to,
    MessageSid: message.id,
    SmsSid: message.id,
    MessageStatus: message.status,
    SmsStatus: message.status,
    ...(message.status === 'undelivered' ? { ErrorCode: String(ERROR_CODE) } : {}),
  });
}
