/**
 * Posts an event to a foreign URL. It is checked each time as it is written and again when its name is
 * resolved for the connection, so that a name that moves to a private address is not followed there;
 * nor is a redirect, wherever it leads.
 */
import { type Exchanged, exchange, NoAnswer, safeTarget } from '../../kill-switch/index.ts';
import type { ClaimedDelivery } from '../../persistence/index.ts';
import { type Channel, refused, type Sent } from '../channel.ts';
import { BODY_BYTES_MAX, bodyOf } from './body.ts';
import { retryAfterMs } from './schedule.ts';
import { type SecretBox, signing } from './secrets.ts';
import { signedHeaders } from './sign.ts';

const TIMEOUT_MS = 15_000;
/** Read of an answer; what is beyond it is cut off. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** Kept of it for the log of deliveries. */
const ANSWER_KEPT = 1_024;
const GONE = 410;
const TOO_MANY = 429;

/** @param local also to this machine, by http as well: for development alone */
export function createWebhookChannel(box: SecretBox, local: boolean): Channel {
  return async (delivery, nowMs) => {
    const target = safeTarget(delivery.target, local);
    if (target === undefined) return refused('the URL is not https or not public');
    const body = bodyOf(delivery);
    if (Buffer.byteLength(body) > BODY_BYTES_MAX) {
      return refused('the event is too large to be sent', { final: true });
    }
    const headers = headersOf(box, delivery, body, nowMs);
    if (headers === undefined) return refused('its secrets cannot be opened');
    try {
      const answer = await exchange({
        method: 'POST',
        url: target.url,
        lookup: target.lookup,
        headers,
        body,
        timeoutMs: TIMEOUT_MS,
        // The id of the event makes a second arrival harmless.
        repeatable: true,
        answerBytesMax: ANSWER_BYTES_MAX,
      });
      return sentOf(answer, nowMs);
    } catch (error) {
      if (error instanceof NoAnswer) return refused(error.message, { unreachable: true });
      throw error;
    }
  };
}

function headersOf(
  box: SecretBox,
  { sealed, endpointId, eventId }: ClaimedDelivery,
  body: string,
  nowMs: number,
): Record<string, string> | undefined {
  const secrets = sealed === null ? undefined : box.open(sealed, endpointId);
  if (secrets === undefined) return undefined;
  return {
    ...signedHeaders(eventId, nowMs, body, signing(secrets, nowMs)),
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Ringfence',
  };
}

function sentOf({ status, headers, text }: Exchanged, nowMs: number): Sent {
  const answer = text.slice(0, ANSWER_KEPT);
  if (status >= 200 && status < 300) return { status: 'delivered', code: status, answer };
  const isRedirect = status >= 300 && status < 400;
  return {
    status: 'refused',
    code: status,
    error: isRedirect ? 'a redirect, which is not followed' : `HTTP ${status}`,
    answer,
    retryAfterMs: retryAfterMs(headers['retry-after'], nowMs),
    // 4xx is about this event; too many requests and the trouble of the server are not.
    unreachable: status >= 500 || status === TOO_MANY,
    gone: status === GONE ? 'the receiver answered 410: gone' : undefined,
  };
}
