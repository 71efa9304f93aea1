/** The HMAC plan of a Vapi webhook credential: which headers, over which text, in which spelling. */
import { createHmac } from 'node:crypto';

export interface HmacPlan {
  readonly algorithm: 'sha256' | 'sha512' | 'sha1';
  readonly signatureHeader: string;
  readonly timestampHeader: string;
  /** Stands before the signature, such as `v1,`. */
  readonly signaturePrefix: string;
  /** Its value fills `{svix-id}`; undefined when the format does not use it. */
  readonly messageIdHeader: string | undefined;
  /** With `{timestamp}` and `{body}`, and `{svix-id}` where there is a message id. */
  readonly payloadFormat: string;
  readonly signatureEncoding: 'hex' | 'base64';
  /** The secret is base64 of the key; else its characters are the key. */
  readonly secretIsBase64: boolean;
}

/** What Vapi uses when the credential says nothing else. */
export const DEFAULT_HMAC_PLAN: HmacPlan = {
  algorithm: 'sha256',
  signatureHeader: 'x-signature',
  timestampHeader: 'x-timestamp',
  signaturePrefix: '',
  messageIdHeader: undefined,
  payloadFormat: '{timestamp}.{body}',
  signatureEncoding: 'hex',
  secretIsBase64: false,
};

/** What was signed, as far as the headers say. */
export interface SignedParts {
  readonly timestamp: string;
  readonly messageId: string;
  readonly rawBody: string;
}

const TOKEN = /\{(timestamp|body|svix-id)\}/g;

/** The signature that this secret gives, with its prefix. */
export function hmacSignature(plan: HmacPlan, secret: string, parts: SignedParts): string {
  const { timestamp, messageId, rawBody } = parts;
  const values: Readonly<Record<string, string>> = {
    timestamp,
    body: rawBody,
    'svix-id': messageId,
  };
  // One pass with a function: a body that contains a token or a `$` is text like any other.
  const payload = plan.payloadFormat.replaceAll(TOKEN, (_, token: string) => values[token] ?? '');
  const key = plan.secretIsBase64 ? Buffer.from(secret, 'base64') : secret;
  const mac = createHmac(plan.algorithm, key).update(payload).digest(plan.signatureEncoding);
  return plan.signaturePrefix + mac;
}

/** True when the plan signs what it must: the body, and a time that keeps it from being replayed. */
export function isSoundFormat(payloadFormat: string): boolean {
  return payloadFormat.includes('{timestamp}') && payloadFormat.includes('{body}');
}
