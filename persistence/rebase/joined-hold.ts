/**
 * A hold that both branches of a fork went on with: what was taken counts from both, what is set aside
 * is set aside once, and an end in either of them is its end. Pure.
 */
import type { HoldState, JournalEntry, JournalRow } from '../../engine/index.ts';

type Leg = HoldState['legs'][number];

/** Micros that the hold sets aside of a wallet. */
export function heldOf({ legs, closedAtMs }: HoldState, walletId: string): number {
  if (closedAtMs > 0) return 0;
  const own = legs.filter((leg) => leg.walletId === walletId);
  return own.reduce((sum, leg) => sum + leg.heldMicros, 0);
}

/**
 * The hold after an entry of one branch.
 * @param hold as the entry has it
 * @param known as the ledger has it, with what was put on it before this entry
 */
export function joinedHold(entry: JournalEntry, hold: HoldState, known: HoldState): HoldState {
  const ended = known.closedAtMs > 0;
  const base = hold.closedAtMs > 0 || !ended ? hold : known;
  return {
    ...base,
    revision: Math.max(hold.revision, known.revision + 1),
    legs: base.legs.map((leg) => {
      const row = entry.rows.find(({ walletId }) => walletId === leg.walletId);
      const before = known.legs.find(({ walletId }) => walletId === leg.walletId);
      return before === undefined ? leg : joinedLeg(leg, before, row, base.closedAtMs > 0);
    }),
  };
}

function joinedLeg(leg: Leg, before: Leg, row: JournalRow | undefined, ended: boolean): Leg {
  const taken = -(row?.amountMicros ?? 0);
  const isRefund = row?.kind === 'refund';
  const held = row === undefined ? before.heldMicros : leg.heldMicros;
  return {
    ...leg,
    heldMicros: ended ? 0 : held,
    capturedMicros: before.capturedMicros + (isRefund ? 0 : taken),
    refundedMicros: before.refundedMicros - (isRefund ? taken : 0),
    shortfallMicros: before.shortfallMicros + (row?.shortfallMicros ?? 0),
  };
}
