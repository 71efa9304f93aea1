import { createHmac } from 'node:crypto';

/**
 * The headers of one delivery: HMAC-SHA256 of the raw body followed by the milliseconds.
 * @param wallMs real epoch ms: receivers allow five minutes.
 */
export function signedHeaders(body: string, apiKey: string, wallMs: number) {
  const digest = createHmac('sha256', apiKey).update(`${body}${wallMs}`).digest('hex');
  return {
    'content-type': 'application/json',
    'x-retell-signature': `v=${wallMs},d=${digest}`,
  };
}
