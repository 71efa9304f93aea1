import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SIGNATURE_WINDOW_MS, type Verdict } from '../event.ts';

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
 * Checks a Vapi request: an HMAC of the default plan (`x-signature` over `{timestamp}.{body}`),
 * a bearer token, or the `X-Vapi-Secret` header. A signature that is present decides alone.
 *
 * @param rawBody the exact bytes received, as text.
 * @param secrets all secrets valid now (two while one is being rotated out).
 */
export function verifyVapi(
  headers: Headers,
  rawBody: string,
  secrets: readonly string[],
  nowMs: number,
): Verdict {
  const usable = secrets.filter((secret) => secret !== '');
  if (usable.length === 0) return 'no_secret';
  const signature = headers.get('x-signature');
  if (signature !== null) return verifyHmac(headers, signature, rawBody, usable, nowMs);
  const presented = bearer(headers.get('authorization')) ?? headers.get('x-vapi-secret');
  if (presented === null) return 'unsigned';
  return anyOf(usable, (secret) => same(secret, presented)) ? 'valid' : 'forged';
}

function bearer(header: string | null): string | null {
  const match = /^bearer\s+(\S+)\s*$/i.exec(header ?? '');
  return match?.[1] ?? null;
}

function verifyHmac(
  headers: Headers,
  signature: string,
  rawBody: string,
  secrets: readonly string[],
  nowMs: number,
): Verdict {
  const timestamp = headers.get('x-timestamp') ?? '';
  if (!TIMESTAMP.test(timestamp)) return 'unsigned';
  const genuine = anyOf(secrets, (secret) => {
    const expected = createHmac('sha256', secret).update(`${timestamp}.${rawBody}`).digest('hex');
    return same(expected, signature.toLowerCase());
  });
  if (!genuine) return 'forged';
  const signedAtMs = timestamp.length === 10 ? Number(timestamp) * 1000 : Number(timestamp);
  return Math.abs(nowMs - signedAtMs) <= SIGNATURE_WINDOW_MS ? 'valid' : 'expired';
}
