/**
 * The limit set on the call at the provider: the third line of defence, which holds even when
 * Ringfence is unreachable. Neither Vapi nor Retell can raise it during a call.
 */
import type { CallPolicy } from '../policy.ts';

/** What each provider accepts, in seconds. */
const RANGES: ReadonlyMap<string, { readonly least: number; readonly most: number }> = new Map([
  ['vapi', { least: 10, most: 43_200 }],
  ['retell', { least: 60, most: 7_200 }],
]);

export type CapMode = CallPolicy['provider_cap'];

/**
 * The talk time that a wallet must be able to pay so that the provider's least cap does not exceed
 * it; 0 when that cannot happen. The engine refuses the call below it.
 */
export function capFloorMs(
  provider: string | undefined,
  mode: CapMode,
  maxDurationSeconds: number,
): number {
  const range = RANGES.get(provider ?? '');
  if (range === undefined) return 0;
  return mode === 'affordable' || maxDurationSeconds < range.least ? range.least * 1000 : 0;
}

/**
 * The cap to set at the provider, in whole seconds.
 *
 * @param affordableMs what the wallets could pay at authorize; -1 for a free call.
 */
export function providerCapSeconds(
  provider: string | undefined,
  mode: CapMode,
  maxDurationMs: number,
  affordableMs: number,
): number {
  const limitMs =
    mode === 'affordable' && affordableMs >= 0
      ? Math.min(affordableMs, maxDurationMs)
      : maxDurationMs;
  const seconds = Math.floor(limitMs / 1000);
  const range = RANGES.get(provider ?? '');
  return range === undefined ? seconds : Math.min(range.most, Math.max(range.least, seconds));
}
