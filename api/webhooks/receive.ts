/** A provider's request, checked and read: nothing in it counts before its sender is known. */
import {
  type CallReference,
  type ProviderEvent,
  parseRetell,
  parseVapi,
  type Verdict,
} from '../../kill-switch/index.ts';
import { Problem } from '../http/problem.ts';
import type { CallDesk } from './call-desk.ts';
import { ownFormReference } from './own-form.ts';
import { byOrganizations, byPlatform, checkOf, type JsonProvider, type Signed } from './verify.ts';

export type { JsonProvider } from './verify.ts';

export interface SignedRequest {
  readonly raw: Buffer;
  readonly headers: Headers;
}

export interface ReadRequest {
  readonly body: unknown;
  /** What the body means; undefined when it is no message of this provider. */
  readonly event: ProviderEvent | undefined;
  /** Whose secret signed it; undefined for the platform's. */
  readonly signedBy: string | undefined;
}

/**
 * Checks the sender and parses the body.
 * @throws Problem invalid_signature (also when no secret is configured), malformed_json
 * @throws an outage when it cannot be found out whose secret would have to fit
 */
export async function readSigned(
  desk: CallDesk,
  provider: JsonProvider,
  { raw, headers }: SignedRequest,
): Promise<ReadRequest> {
  const text = raw.toString('utf8');
  const body = parsed(text);
  const event = body === undefined ? undefined : parseEvent(provider, body);
  const signed = await signerOf(desk, provider, headers, text, body, event);
  if (signed.verdict !== 'valid') {
    const { verdict } = signed;
    desk.log.warn({ provider, verdict, bytes: raw.length }, 'a webhook was turned away');
    throw new Problem('invalid_signature', sentences[verdict]);
  }
  if (body === undefined) throw new Problem('malformed_json', 'The body is not JSON.');
  const { signedBy } = signed;
  return { body, event: event && { ...event, signedBy }, signedBy };
}

const sentences: Readonly<Record<Exclude<Verdict, 'valid'>, string>> = {
  no_secret: 'No secret is configured for this webhook.',
  unsigned: 'The request carries no signature and no secret.',
  expired: 'The signature is older or newer than 5 minutes.',
  forged: 'The signature or the secret does not match.',
};

async function signerOf(
  desk: CallDesk,
  provider: JsonProvider,
  headers: Headers,
  text: string,
  body: unknown,
  event: ProviderEvent | undefined,
): Promise<Signed> {
  const check = checkOf(provider, headers, text, desk.nowMs());
  const platform = await byPlatform(desk, provider, check);
  if (platform.verdict === 'valid' || !(await desk.credentials.anyAt(provider))) return platform;
  const reference = event ?? ownFormReference(provider, body);
  const owners = reference === undefined ? [] : await ownersOf(desk, reference);
  return await byOrganizations(desk.credentials, provider, owners, check, platform);
}

/** The organizations that the message may be about and those above them, nearest first. */
async function ownersOf(desk: CallDesk, reference: CallReference): Promise<readonly string[]> {
  const owners = await desk.sessions.ownersOf(reference);
  const chains = await Promise.all(owners.map((owner) => desk.directory.chain(owner)));
  return [...new Set(chains.flat().map(({ id }) => id))];
}

/** Undefined when the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseEvent(provider: JsonProvider, body: unknown): ProviderEvent | undefined {
  return provider === 'vapi' ? parseVapi(body) : parseRetell(body);
}
