/**
 * Who signed a webhook? Every signature check of a provider happens here.
 *
 * The platform's own secrets come first: they need no look-up, and where no organization has secrets
 * of its own nothing is looked up at all, whatever strangers post. Then come those of the
 * organization that the message is about, and of the organizations above it. So a secret never
 * speaks for anybody but its organization and its descendants; `signedBy` travels with the event,
 * because what is found now may be another call by the time it is applied.
 */
import { type Provider, type Verdict, verifyRetell, verifyVapi } from '../../kill-switch/index.ts';
import type { CredentialBook, ProviderSecrets } from '../credentials/credential-book.ts';
import type { CallDesk } from './call-desk.ts';

/** The providers whose webhooks are JSON with a signature over the body alone. */
export type JsonProvider = Exclude<Provider, 'twilio'>;

export type Signed =
  /** `signedBy` is undefined for the platform. */
  | { readonly verdict: 'valid'; readonly signedBy: string | undefined }
  | { readonly verdict: Exclude<Verdict, 'valid'> };

/** Checks a request against the secrets of one account. */
export type Check = (secrets: ProviderSecrets) => Verdict | Promise<Verdict>;

/** The check of a JSON provider's request. */
export function checkOf(provider: JsonProvider, headers: Headers, text: string, nowMs: number) {
  return ({ webhookSecrets, apiKey, scheme }: ProviderSecrets): Verdict | Promise<Verdict> => {
    if (provider === 'vapi') return verifyVapi(headers, text, webhookSecrets, nowMs, scheme);
    // Retell signs with an API key of the account.
    const keys = apiKey === undefined ? webhookSecrets : [...webhookSecrets, apiKey];
    return verifyRetell(headers, text, keys, nowMs);
  };
}

/** The platform's own word about a request. */
export async function byPlatform(
  desk: Pick<CallDesk, 'secrets'>,
  provider: Provider,
  check: Check,
): Promise<Signed> {
  const verdict = await check({ webhookSecrets: desk.secrets[provider] });
  return verdict === 'valid' ? { verdict, signedBy: undefined } : { verdict };
}

/**
 * The first of these organizations, nearest first, whose credentials fit.
 * @param otherwise the answer when none does
 */
export async function byOrganizations(
  book: CredentialBook,
  provider: Provider,
  organizationIds: readonly string[],
  check: Check,
  otherwise: Signed,
): Promise<Signed> {
  let answer = otherwise;
  for (const organizationId of organizationIds) {
    const credentials = await book.find(organizationId, provider);
    if (credentials?.secrets === undefined) continue;
    const verdict = await check(credentials.secrets);
    if (verdict === 'valid') return { verdict, signedBy: organizationId };
    answer = stronger(answer, { verdict });
  }
  return answer;
}

/** Of two refusals the one that says more about what is wrong. */
const TELLING: readonly Verdict[] = ['no_secret', 'unsigned', 'forged', 'expired'];

export function stronger(one: Signed, other: Signed): Signed {
  return TELLING.indexOf(other.verdict) > TELLING.indexOf(one.verdict) ? other : one;
}
