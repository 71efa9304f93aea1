/**
 * What a provider's word is worth, by whose account or secret it came.
 *
 * Every organization may bring an account of its own, and whoever owns an account can place any call
 * there under any metadata. So its books outrank what was merely said, and the platform's outrank
 * them: nobody's own account lowers what the platform's account says that a call cost. An agency's
 * account outranks its client's, for the same reason.
 */
import { EVIDENCE, type Evidence, type HoldState } from '../../engine/index.ts';

/**
 * @param signedBy whose account or secret; undefined for the platform's.
 * @param platforms what it is worth when it is the platform's.
 */
export function evidenceOf(
  signedBy: string | undefined,
  organizationId: string,
  platforms: Evidence,
): Evidence {
  if (signedBy === undefined) return platforms;
  return signedBy === organizationId ? EVIDENCE.own_account : EVIDENCE.agency_account;
}

/**
 * An organization's own account may find a call longer than somebody with a key said, never shorter:
 * the key may have been its agency's.
 */
export function lowersWord(
  hold: HoldState,
  end: { readonly evidence: Evidence; readonly durationMs?: number },
): boolean {
  const over = hold.evidence === EVIDENCE.caller && end.evidence === EVIDENCE.own_account;
  return over && (end.durationMs ?? 0) < hold.usedMs;
}
