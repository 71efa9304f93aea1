import type { RingfenceMetadata } from '../event.ts';
import { textAt } from '../json.ts';
import { ringfenceMetadata } from '../metadata.ts';
import type { TwilioForm } from './form.ts';

/** A status callback of a message. Neither its text nor the numbers are kept. */
export interface MessageStatus {
  readonly messageSid: string;
  readonly status: string;
  /** The message was not delivered and will not be. */
  readonly lost: boolean;
  readonly errorCode: string | undefined;
  readonly ringfence: RingfenceMetadata;
}

const LOST = new Set(['failed', 'undelivered']);

/** Reads one message status callback. Undefined when the form is none. */
export function parseTwilioMessage(
  form: TwilioForm,
  query: URLSearchParams,
): MessageStatus | undefined {
  const messageSid = textAt(form, 'MessageSid') ?? textAt(form, 'SmsSid');
  const status = textAt(form, 'MessageStatus') ?? textAt(form, 'SmsStatus');
  if (messageSid === undefined || status === undefined) return undefined;
  return {
    messageSid,
    status,
    lost: LOST.has(status),
    errorCode: textAt(form, 'ErrorCode'),
    ringfence: ringfenceMetadata(Object.fromEntries(query)),
  };
}
