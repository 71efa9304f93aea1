import { createHash, timingSafeEqual } from 'node:crypto';
import { SIGNATURE_WINDOW_MS, type Verdict } from '../event.ts';
import { DEFAULT_HMAC_PLAN, type HmacPlan, hmacSignature } from './hmac-plan.ts';

/** How an account signs. Without one, whatever of the three a request carries is checked. */
export type VapiScheme =
  | { readonly type: 'bearer' }
  | { readonly type: 'x_vapi_secret' }
  | { readonly type: 'hmac'; readonly plan: HmacPlan };

/** Vapi signs seconds or milliseconds (the unit is undocumented); their digits tell them apart. */
const TIMESTAMP = /^(\d{10}|\d{13})$/;

/** Compares in constant time whatever the lengths are, because the digests are equally long. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** True if any secret passes; every one is tried, so that timing tells nothing of the order. */
function anyOf(secrets: readonly string[], passes: (secret: string) => boolean): boolean {
  return secrets.map(passes).includes(true);
}

/**
 * Checks a Vapi request: an HMAC (by default `x-signature` over `{timestamp}.{body}`), a bearer
 * token, or the `X-Vapi-Secret` header. A signature that is present decides alone.
 *
 * @param rawBody the exact bytes received, as text.
 * @param secrets all secrets valid now (two while one is being rotated out).
 * @param scheme the one that counts, where the account is known to use it.
 */
export function verifyVapi(
  headers: Headers,
  rawBody: string,
  secrets: readonly string[],
  nowMs: number,
  scheme?: VapiScheme,
): Verdict {
  const usable = secrets.filter((secret) => secret !== '');
  if (usable.length === 0) return 'no_secret';
  if (scheme?.type === 'hmac') return verifyHmac(scheme.plan, headers, rawBody, usable, nowMs);
  if (scheme === undefined && headers.has(DEFAULT_HMAC_PLAN.signatureHeader)) {
    return verifyHmac(DEFAULT_HMAC_PLAN, headers, rawBody, usable, nowMs);
  }
  const presented = presentedSecret(headers, scheme);
  if (presented === null) return 'unsigned';
  return anyOf(usable, (secret) => same(secret, presented)) ? 'valid' : 'forged';
}

function presentedSecret(headers: Headers, scheme: VapiScheme | undefined): string | null {
  const secret = headers.get('x-vapi-secret');
  if (scheme?.type === 'x_vapi_secret') return secret;
  const token = bearer(headers.get('authorization'));
  return scheme?.type === 'bearer' ? token : (token ?? secret);
}

function bearer(header: string | null): string | null {
  const match = /^bearer\s+(\S+)\s*$/i.exec(header ?? '');
  return match?.[1] ?? null;
}

function verifyHmac(
  plan: HmacPlan,
  headers: Headers,
  rawBody: string,
  secrets: readonly string[],
  nowMs: number,
): Verdict {
  const signature = headers.get(plan.signatureHeader);
  const timestamp = headers.get(plan.timestampHeader) ?? '';
  if (signature === null || !TIMESTAMP.test(timestamp)) return 'unsigned';
  const messageId = plan.messageIdHeader === undefined ? '' : headers.get(plan.messageIdHeader);
  if (messageId === null) return 'unsigned';
  const isHex = plan.signatureEncoding === 'hex';
  const given = isHex ? signature.toLowerCase() : signature;
  const genuine = anyOf(secrets, (secret) => {
    const expected = hmacSignature(plan, secret, { timestamp, messageId, rawBody });
    return same(isHex ? expected.toLowerCase() : expected, given);
  });
  if (!genuine) return 'forged';
  const signedAtMs = timestamp.length === 10 ? Number(timestamp) * 1000 : Number(timestamp);
  return Math.abs(nowMs - signedAtMs) <= SIGNATURE_WINDOW_MS ? 'valid' : 'expired';
}
