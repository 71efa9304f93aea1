// The model's ledger: a prefix of the journal (I7), and what can be asked of it.

import type { HoldState, JournalEntry, WalletState } from '../generated/layouts.ts';
import { entryId } from '../ids.ts';
import type { RequestKey } from '../request-key.ts';
import { isOpen } from './clock.ts';
import { keyName } from './requests.ts';
import { HOT_RECORDS_MS, type ModelState, type RefundCount } from './state.ts';

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
  readonly count: RefundCount & { readonly holdId: string };
}

/** A committed row by its entry id, with what may be given back of it. */
export function ledgerEntry(state: ModelState, id: string): Refundable | undefined {
  for (const entry of committedEntries(state)) {
    for (const [i, { walletId, kind, amountMicros }] of entry.rows.entries()) {
      if (entryId(entry.mutationId, i) !== id) continue;
      const holdId = kind === 'capture' ? entry.holdId : '';
      const count = { refundableMicros: 0 - amountMicros, refundedMicros: 0, holdId };
      return { walletId, kind, count };
    }
  }
  return undefined;
}

/**
 * Redis without what the ledger keeps: ended holds and the answers of natural keys, which have a time to
 * live once committed; after a rebuild also those of explicit keys.
 */
export function forgotten(state: ModelState, rebuilt: boolean): ModelState {
  const answers = new Map(state.answers);
  const holds = new Map(state.holds);
  for (const entry of committedEntries(state)) {
    const { requestKind, requestScope: scope, requestKey: key } = entry;
    if (rebuilt || requestKind !== 'request') {
      answers.delete(keyName({ kind: requestKind, scope, key }));
    }
    const hold = holds.get(entry.holdId);
    const last = state.journal.findLast((later) => later.holdId === entry.holdId);
    if (hold && !isOpen(hold) && last === ledgerLast(state, entry.holdId)) {
      holds.delete(entry.holdId);
    }
  }
  const nowMs = Math.max(state.partition.nowMs, state.partition.testNowMs);
  const horizon = rebuilt
    ? { checkLedgerUntilMs: nowMs + HOT_RECORDS_MS }
    : { forgetsAtMs: Math.min(nowMs, state.partition.forgetsAtMs) };
  return { ...state, answers, holds, partition: { ...state.partition, ...horizon } };
}

function ledgerLast(state: ModelState, holdId: string): JournalEntry | undefined {
  return committedEntries(state).findLast((entry) => entry.holdId === holdId);
}
