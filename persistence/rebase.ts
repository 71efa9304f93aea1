/**
 * Puts journal entries on top of a ledger that went another way: their amounts stay, sequences and
 * balances follow the ledger. Pure.
 */
import type { JournalEntry, JournalRow } from '../engine/index.ts';
import type { Ledger } from './flusher/batch.ts';
import type { ReadEntry } from './flusher/entry.ts';
import { judge, type WalletHead } from './flusher/judge.ts';

/** Entries that follow as they are, or are in the ledger already, are kept as they are. */
export function rebase(entries: readonly ReadEntry[], ledger: Ledger): ReadEntry[] {
  const heads = new Map([...ledger.heads].map(([id, head]) => [id, { ...head }]));
  return entries.map((read) => {
    const { entry } = read;
    if (entry === undefined) return read;
    const verdict = judge(entry, read.contentHash, heads, ledger.stored);
    if (verdict.kind === 'repeat') return read;
    const rows = entry.rows.map((row) => follow(row, heads));
    return verdict.kind === 'new' ? read : { ...read, entry: renumbered(entry, rows) };
  });
}

function follow(row: JournalRow, heads: ReadonlyMap<string, WalletHead>): JournalRow {
  const head = heads.get(row.walletId);
  if (head === undefined) return row;
  head.sequence += 1;
  head.postedMicros += row.amountMicros;
  head.heldMicros += row.heldDeltaMicros;
  const { sequence, postedMicros, heldMicros } = head;
  return { ...row, sequence, wallet: { ...row.wallet, sequence, postedMicros, heldMicros } };
}

/** The ledger says which sequence each row had in the journal. */
function renumbered(entry: JournalEntry, rows: JournalRow[]): JournalEntry {
  const rebasedFrom = entry.rows.map((row) => row.sequence);
  return { ...entry, rows, memo: JSON.stringify({ ...memoOf(entry), rebased_from: rebasedFrom }) };
}

function memoOf(entry: JournalEntry): Record<string, unknown> {
  try {
    const memo: unknown = JSON.parse(entry.memo);
    return typeof memo === 'object' && memo !== null ? (memo as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
