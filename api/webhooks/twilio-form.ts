import { readForm, type TwilioForm, verifyTwilio } from '../../kill-switch/index.ts';
import { Problem } from '../http/problem.ts';
import type { CallDesk } from './call-desk.ts';

export interface TwilioRequest {
  readonly raw: Buffer;
  readonly search: string;
  readonly headers: Headers;
}

/**
 * Checks that Twilio posted this form to this very address, and reads it.
 * @throws Problem invalid_signature (also without a token or a public URL), invalid_request
 */
export function readTwilio(
  desk: CallDesk,
  path: string,
  { raw, search, headers }: TwilioRequest,
): { form: TwilioForm; query: URLSearchParams } {
  const form = readForm(raw.toString('utf8'));
  if (form === undefined) throw new Problem('invalid_request', 'The form has too many fields.');
  const base = desk.publicUrl?.replace(/\/+$/, '');
  const url = base === undefined ? undefined : `${base}${path}${search}`;
  const verdict = verifyTwilio(headers, url, form, desk.secrets.twilio);
  if (verdict !== 'valid') {
    desk.log.warn({ provider: 'twilio', verdict, bytes: raw.length }, 'a webhook was turned away');
    const sentence =
      verdict === 'no_secret'
        ? 'TWILIO_AUTH_TOKEN and RINGFENCE_PUBLIC_URL must be set to verify this webhook.'
        : 'The signature does not match the public URL of this request and its form.';
    throw new Problem('invalid_signature', sentence);
  }
  return { form, query: new URLSearchParams(search) };
}
