import twilio from 'twilio';
import type { Verdict } from '../event.ts';
import type { TwilioForm } from './form.ts';

/**
 * Checks `X-Twilio-Signature` with the SDK's own code. Twilio signs the address it posts to, so that
 * has to be the public one, with the query exactly as it came: behind a proxy neither the Host
 * header nor the local address is it. There is no timestamp and so no window against replays; what
 * a repeated callback does is decided by the state of its call.
 *
 * @param url the public address of this request; undefined when none is configured.
 * @param authTokens all auth tokens of the account that are valid now.
 */
export function verifyTwilio(
  headers: Headers,
  url: string | undefined,
  form: TwilioForm,
  authTokens: readonly string[],
): Verdict {
  const usable = authTokens.filter((token) => token !== '');
  if (usable.length === 0 || url === undefined) return 'no_secret';
  const signature = headers.get('x-twilio-signature');
  if (signature === null) return 'unsigned';
  const genuine = usable.map((token) => twilio.validateRequest(token, signature, url, form));
  return genuine.includes(true) ? 'valid' : 'forged';
}
