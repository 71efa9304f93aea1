/** Twilio's own sample callbacks, rewritten to one call or message and signed as Twilio signs. */
import { readFileSync } from 'node:fs';
import twilio from 'twilio';
import type { ApiAnswer, TestProcess } from '../../test/process.ts';

export const TWILIO_TOKEN = 'twilio-token-of-the-test';
export const PUBLIC_URL = 'https://billing.example.com';

export const TWILIO_ENV = {
  TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
  TWILIO_AUTH_TOKEN: TWILIO_TOKEN,
  RINGFENCE_PUBLIC_URL: PUBLIC_URL,
};

const fixtures = new URL('../../../kill-switch/providers/twilio/fixtures/', import.meta.url);

export type Form = Record<string, string>;

export function twilioForm(name: string, fields: Form = {}): Form {
  const { params } = JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), 'utf8'));
  return { ...params, ...fields };
}

export interface Posting {
  path: string;
  form: Form;
  /** Signed with, instead of the account's token. */
  token?: string;
  /** Signed for, instead of the public URL. */
  signedUrl?: string;
  signature?: string;
}

export function postTwilio(
  app: Pick<TestProcess, 'request'>,
  posting: Posting,
): Promise<ApiAnswer> {
  const { path, form, token = TWILIO_TOKEN, signedUrl = `${PUBLIC_URL}${path}` } = posting;
  const signature = posting.signature ?? twilio.getExpectedTwilioSignature(token, signedUrl, form);
  return app.request('POST', path, {
    raw: String(new URLSearchParams(form)),
    headers: {
      authorization: '',
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': signature,
    },
  });
}
