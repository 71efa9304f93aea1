/** A provider's request, checked and read: signature over the raw bytes first, then JSON. */
import {
  type Provider,
  type ProviderEvent,
  parseRetell,
  parseVapi,
  type Verdict,
  verifyRetell,
  verifyVapi,
} from '../../kill-switch/index.ts';
import { Problem } from '../http/problem.ts';
import type { CallDesk } from './call-desk.ts';

/** The providers whose webhooks are JSON with a signature over the body alone. */
export type JsonProvider = Exclude<Provider, 'twilio'>;

export interface SignedRequest {
  readonly raw: Buffer;
  readonly headers: Headers;
}

/**
 * Checks the sender and parses the body.
 * @throws Problem invalid_signature (also when no secret is configured), malformed_json
 */
export async function readSigned(
  desk: CallDesk,
  provider: JsonProvider,
  { raw, headers }: SignedRequest,
): Promise<unknown> {
  const text = raw.toString('utf8');
  const verdict = await verdictOf(desk, provider, headers, text);
  if (verdict !== 'valid') {
    desk.log.warn({ provider, verdict, bytes: raw.length }, 'a webhook was turned away');
    throw new Problem('invalid_signature', sentences[verdict]);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed_json', 'The body is not JSON.');
  }
}

const sentences: Readonly<Record<Exclude<Verdict, 'valid'>, string>> = {
  no_secret: 'No secret is configured for this webhook.',
  unsigned: 'The request carries no signature and no secret.',
  expired: 'The signature is older or newer than 5 minutes.',
  forged: 'The signature or the secret does not match.',
};

function verdictOf(
  desk: CallDesk,
  provider: JsonProvider,
  headers: Headers,
  text: string,
): Promise<Verdict> | Verdict {
  const secrets = desk.secrets[provider];
  if (provider === 'vapi') return verifyVapi(headers, text, secrets, desk.nowMs());
  return verifyRetell(headers, text, secrets, desk.nowMs());
}

/** What the body means; undefined when it is no message of this provider. */
export function parseEvent(provider: JsonProvider, body: unknown): ProviderEvent | undefined {
  return provider === 'vapi' ? parseVapi(body) : parseRetell(body);
}
