import { readForm, type TwilioForm, type Verdict, verifyTwilio } from '../../kill-switch/index.ts';
import type { ProviderSecrets } from '../credentials/credential-book.ts';
import { Problem } from '../http/problem.ts';
import type { CallDesk } from './call-desk.ts';
import { byOrganizations, byPlatform, type Signed } from './verify.ts';

export interface TwilioRequest {
  readonly raw: Buffer;
  readonly search: string;
  readonly headers: Headers;
}

export interface ReadForm {
  readonly form: TwilioForm;
  readonly query: URLSearchParams;
  /** Whose account signed it; undefined for the platform's. */
  readonly signedBy: string | undefined;
}

/**
 * Checks that Twilio posted this form to this very address, and reads it.
 * @throws Problem invalid_signature (also without a token or a public URL), invalid_request
 * @throws an outage when it cannot be found out whose account it is
 */
export async function readTwilio(
  desk: CallDesk,
  path: string,
  { raw, search, headers }: TwilioRequest,
): Promise<ReadForm> {
  const form = readForm(raw.toString('utf8'));
  if (form === undefined) throw new Problem('invalid_request', 'The form has too many fields.');
  const base = desk.publicUrl?.replace(/\/+$/, '');
  const url = base === undefined ? undefined : `${base}${path}${search}`;
  const check = ({ webhookSecrets, authToken }: ProviderSecrets): Verdict => {
    const tokens = authToken === undefined ? webhookSecrets : [authToken, ...webhookSecrets];
    return verifyTwilio(headers, url, form, tokens);
  };
  const signed = await signerOf(desk, form, check);
  if (signed.verdict !== 'valid') {
    const { verdict } = signed;
    desk.log.warn({ provider: 'twilio', verdict, bytes: raw.length }, 'a webhook was turned away');
    const sentence =
      verdict === 'no_secret'
        ? 'TWILIO_AUTH_TOKEN and RINGFENCE_PUBLIC_URL must be set to verify this webhook.'
        : 'The signature does not match the public URL of this request and its form.';
    throw new Problem('invalid_signature', sentence);
  }
  return { form, query: new URLSearchParams(search), signedBy: signed.signedBy };
}

/** The platform's account, or that of an organization that the form names by its id at Twilio. */
async function signerOf(
  desk: CallDesk,
  form: TwilioForm,
  check: (secrets: ProviderSecrets) => Verdict,
): Promise<Signed> {
  const { credentials } = desk;
  const platform = await byPlatform(desk, 'twilio', check);
  if (platform.verdict === 'valid' || !(await credentials.anyAt('twilio'))) return platform;
  const { AccountSid: accountSid } = form;
  if (typeof accountSid !== 'string' || accountSid.length > ACCOUNT_SID_MAX) return platform;
  const claims = await credentials.withAccount(accountSid);
  const owners = claims.map(({ organizationId }) => organizationId);
  return await byOrganizations(credentials, 'twilio', owners, check, platform);
}

const ACCOUNT_SID_MAX = 64;
