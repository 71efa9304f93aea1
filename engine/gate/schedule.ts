// When a restored hold needs attention: at once. The scripts set the exact moment when they look at it.

import type { HoldState } from '../generated/layouts.ts';

export function isOpen(hold: HoldState): boolean {
  return hold.state === 'authorized' || hold.state === 'live';
}

/**
 * After a recovery every open hold is due now, so that extend runs before expire: a check or an expiry
 * that finds it too early schedules it anew. -1 for an amount hold that never expires.
 */
export function nextDueMs(hold: HoldState, nowMs: number): number {
  if (hold.kind === 'amount') return hold.expiresAtMs > 0 ? hold.expiresAtMs : -1;
  return nowMs;
}

/** Its place among its wallets' final calls, or -1 when it is not final. */
export function finalAtMs(hold: HoldState): number {
  if (!isOpen(hold) || hold.finalReason === '') return -1;
  return hold.startedAtMs + hold.coveredMs;
}
