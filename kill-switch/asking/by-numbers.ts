/**
 * A call at a provider that keeps no metadata, known by the numbers it goes between. Only Twilio is
 * such a provider, and only of a call that Ringfence dialled are the numbers and the moment known.
 *
 * It is the call if it was made at that moment, is linked to nothing else, and is the only one. Two
 * such calls, or two dials that look for one, are never told apart by guessing: nobody knows then.
 */
import { CREATE_TIMEOUT_MS, ProviderOutage, type ProviderRecord } from '../providers/client.ts';

/** A dial of which is not known whether it placed a call. */
export interface OpenDial {
  readonly from: string;
  readonly to: string;
  /** When the provider was asked for the call, epoch ms. */
  readonly dialedAtMs: number;
  /** Another dial between the same numbers, about the same time, is not decided either. */
  readonly isOneOfSeveral: boolean;
}

/** Clocks of the provider and ours may differ by so much. */
const SKEW_MS = 60_000;
/** A request made so long after the dial began is not its own any more. */
const PLACED_WITHIN_MS = CREATE_TIMEOUT_MS + SKEW_MS;
/** Of two dials that began so close together either may have placed the same call. */
export const DIALS_APART_MS = SKEW_MS + PLACED_WITHIN_MS;

/** Whether a record of the provider's list may be the dialled call. */
export function mayBeDialled({ from, to, dialedAtMs }: OpenDial, record: ProviderRecord): boolean {
  const { numbers } = record;
  if (numbers === undefined || numbers.from !== from || numbers.to !== to) return false;
  const afterMs = numbers.createdAtMs - dialedAtMs;
  return afterMs >= -SKEW_MS && afterMs <= PLACED_WITHIN_MS;
}

/**
 * @param isLinked whether a call of the provider is known to be another one
 * @throws ProviderOutage when its list does not tell which call it is
 */
export async function theDialled(
  dial: OpenDial,
  candidates: readonly ProviderRecord[],
  isLinked: (record: ProviderRecord) => Promise<boolean>,
): Promise<ProviderRecord | 'not_found'> {
  const free: ProviderRecord[] = [];
  for (const record of candidates) if (!(await isLinked(record))) free.push(record);
  const [first, second] = free;
  if (first === undefined) return 'not_found';
  if (second !== undefined || dial.isOneOfSeveral) {
    const why = `which of the calls from ${dial.from} to the same number this is cannot be told`;
    throw new ProviderOutage(first.provider, why);
  }
  return first;
}
