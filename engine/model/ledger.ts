// The model's ledger: a prefix of the journal (I7), and what can be asked of it.

import type { HoldState, JournalEntry, WalletState } from '../generated/layouts.ts';
import { entryId } from '../ids.ts';
import type { RequestKey } from '../request-key.ts';
import type { ModelState, RefundCount } from './state.ts';

function committedEntries(state: ModelState): readonly JournalEntry[] {
  return state.journal.slice(0, state.ledger.committed);
}

/** The flusher's work: everything so far is committed. */
export function flushed(state: ModelState): ModelState {
  return { ...state, ledger: { ...state.ledger, committed: state.journal.length } };
}

/** The wallet after its last committed row; undefined if there is no such wallet. */
export function ledgerWallet(state: ModelState, walletId: string): WalletState | undefined {
  const rows = committedEntries(state).flatMap((entry) => entry.rows);
  return (
    rows.findLast((row) => row.walletId === walletId)?.wallet ?? state.ledger.wallets.get(walletId)
  );
}

export function ledgerHold(state: ModelState, holdId: string): HoldState | undefined {
  return (
    committedEntries(state).findLast((entry) => entry.hold && entry.holdId === holdId)?.hold ??
    undefined
  );
}

export function ledgerRequest(state: ModelState, request: RequestKey): JournalEntry | undefined {
  return committedEntries(state).findLast(
    (entry) =>
      entry.requestKind === request.kind &&
      entry.requestScope === request.scope &&
      entry.requestKey === request.key,
  );
}

export interface Refundable {
  readonly walletId: string;
  readonly kind: string;
  readonly count: RefundCount;
}

/** A committed row by its entry id, with what may be given back of it. */
export function ledgerEntry(state: ModelState, id: string): Refundable | undefined {
  for (const entry of committedEntries(state)) {
    for (const [i, { walletId, kind, amountMicros }] of entry.rows.entries()) {
      if (entryId(entry.mutationId, i) !== id) continue;
      const count = { refundableMicros: 0 - amountMicros, refundedMicros: 0 };
      return { walletId, kind, count };
    }
  }
  return undefined;
}
