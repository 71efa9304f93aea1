import { symmetric } from 'retell-sdk/lib/webhook_auth.mjs';
import { SIGNATURE_WINDOW_MS, type Verdict } from '../event.ts';

/**
 * Checks `x-retell-signature` with the SDK's own code. That code is asynchronous: a caller that
 * forgets to await it holds a promise, which is truthy, and would accept every forgery.
 *
 * @param rawBody the exact bytes received, as text.
 * @param apiKeys all keys with Retell's webhook badge that are valid now.
 */
export async function verifyRetell(
  headers: Headers,
  rawBody: string,
  apiKeys: readonly string[],
  nowMs: number,
): Promise<Verdict> {
  const usable = apiKeys.filter((key) => key !== '');
  if (usable.length === 0) return 'no_secret';
  const signature = headers.get('x-retell-signature');
  if (signature === null) return 'unsigned';
  if (await anyKeySigned(signature, rawBody, usable, nowMs)) return 'valid';
  const signedAtMs = Number(/^v=(\d+),/.exec(signature)?.[1]);
  // An old signature that is genuine is told apart from a forgery for the log only: both are 401.
  const genuine =
    Number.isSafeInteger(signedAtMs) &&
    (await anyKeySigned(signature, rawBody, usable, signedAtMs));
  return genuine ? 'expired' : 'forged';
}

async function anyKeySigned(
  signature: string,
  rawBody: string,
  apiKeys: readonly string[],
  timestamp: number,
): Promise<boolean> {
  const options = { timestamp, timeout: SIGNATURE_WINDOW_MS };
  const checks = apiKeys.map((key) => symmetric.verify(rawBody, key, signature, options));
  return (await Promise.all(checks)).includes(true);
}
