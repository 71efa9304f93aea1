/** How an organization wants its calls to end, and in which words. */
import type { CallDirectory, OrganizationFacts } from '../doors.ts';
import { type CallPolicy, DEFAULT_CALL_POLICY, resolveCallPolicy } from '../policy.ts';
import { textAt } from '../providers/json.ts';

/** A sentence that is longer than this is cut: it is spoken while money runs out. */
const WORDS_MAX = 500;

export interface EndTerms {
  readonly finalAction: CallPolicy['final_action'];
  /** Where `transfer` hands the caller to: E.164 or `sip:`. Undefined: nowhere. */
  readonly transferTo: string | undefined;
  /** May hold `{seconds}`. */
  readonly warning: string | undefined;
  readonly goodbye: string | undefined;
}

const DEFAULT_TERMS: EndTerms = {
  finalAction: DEFAULT_CALL_POLICY.final_action,
  transferTo: undefined,
  warning: undefined,
  goodbye: undefined,
};

/**
 * The terms of an organization: `final_action` of its call policy, and from its metadata, else that
 * of the nearest ancestor, `call_warning`, `call_goodbye` and `call_transfer_to`. While the directory
 * is away the call is simply ended.
 */
export async function endTermsOf(
  directory: Pick<CallDirectory, 'chain'>,
  organizationId: string,
): Promise<EndTerms> {
  let chain: readonly OrganizationFacts[];
  try {
    chain = await directory.chain(organizationId);
  } catch {
    return DEFAULT_TERMS;
  }
  const nearest = (field: string) =>
    chain.map(({ metadata }) => textAt(metadata, field)).find((text) => text !== undefined);
  const transferTo = nearest('call_transfer_to');
  return {
    finalAction: resolveCallPolicy(chain.map(({ callPolicy }) => callPolicy)).final_action,
    transferTo: transferTo && isDestination(transferTo) ? transferTo : undefined,
    warning: nearest('call_warning'),
    goodbye: nearest('call_goodbye'),
  };
}

function isDestination(text: string): boolean {
  return /^\+[1-9]\d{1,14}$/.test(text) || /^sip:[^\s]{3,250}$/.test(text);
}

/** What is said `seconds` before the end. */
export function warningText(terms: EndTerms, reason: string, seconds: number): string {
  const why = reason === 'insufficient_funds' ? ' because the account is out of credit' : '';
  const text = terms.warning ?? `Please note: this call will end in {seconds} seconds${why}.`;
  return text.slice(0, WORDS_MAX).replaceAll('{seconds}', String(seconds));
}

export function goodbyeText(terms: EndTerms): string {
  return (terms.goodbye ?? 'This call has to end now. Thank you, and goodbye.').slice(0, WORDS_MAX);
}
