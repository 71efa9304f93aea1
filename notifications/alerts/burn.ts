/** What the open calls of a wallet cost it in a minute, kept up by journal entries. Pure. */
import { type HoldState, type JournalEntry, MICROS_MAX } from '../../engine/index.ts';

const ENDS: ReadonlySet<string> = new Set(['capture', 'void', 'expire']);

/** Of one hold; 0 when it is no call, or not of this wallet. */
export function burnOf(hold: HoldState, walletId: string): number {
  if (hold.kind !== 'call') return 0;
  return hold.legs
    .filter((leg) => leg.walletId === walletId)
    .reduce((sum, leg) => sum + leg.rateMicrosPerMinute, 0);
}

/** @param liveCalls of the wallet after the entry: without any nothing burns */
export function burnAfter(
  burn: number,
  { operation, hold }: Pick<JournalEntry, 'operation' | 'hold'>,
  walletId: string,
  liveCalls: number,
): number {
  if (liveCalls === 0) return 0;
  if (hold === null) return burn;
  const moved = burnOf(hold, walletId);
  if (operation === 'authorize') return Math.min(MICROS_MAX, burn + moved);
  const ended = ENDS.has(operation) && hold.closedAtMs > 0;
  return ended ? Math.max(0, burn - moved) : burn;
}
