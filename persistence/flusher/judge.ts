/**
 * May the ledger take this journal entry? Pure.
 *
 * repeat:          all its rows are in the ledger already, same mutation, same bytes; a release may
 *                  have given them other sequences, so they are looked up by id.
 * unknown_wallet:  it moves a wallet that Postgres has never heard of.
 * behind:          a wallet of it is in quarantine; it waits for its turn.
 * fork:            a sequence is taken by other content.
 * gap:             a sequence is missing before it.
 * arithmetic:      its result is not the ledger's balance plus its amounts.
 * A whole entry gets one verdict, because a mutation is in the ledger wholly or not at all (I6).
 */
import { entryId, type JournalEntry, type JournalRow } from '../../engine/index.ts';
import { walletsOf } from './entry.ts';

/** A wallet as the ledger has it, moved on in memory by the entries taken before. */
export interface WalletHead {
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  chainHash: Buffer;
  quarantined: boolean;
}

/** Rows that are in the ledger: entry id -> sha256 of the journal entry it came from. */
export type StoredRows = ReadonlyMap<string, Buffer>;

export type Fault = 'unknown_wallet' | 'behind' | 'fork' | 'gap' | 'arithmetic';
export type Verdict = { kind: 'new' } | { kind: 'repeat' } | { kind: Fault; detail: string };

/** Whether all its rows are in the ledger, of the same bytes; it has to have some. */
export function isStored(entry: JournalEntry, contentHash: Buffer, stored: StoredRows): boolean {
  const isThere = (_: JournalRow, index: number) =>
    stored.get(entryId(entry.mutationId, index))?.equals(contentHash) === true;
  return entry.rows.length > 0 && entry.rows.every(isThere);
}

export function judge(
  entry: JournalEntry,
  contentHash: Buffer,
  heads: ReadonlyMap<string, WalletHead>,
  stored: StoredRows,
): Verdict {
  if (isStored(entry, contentHash, stored)) return { kind: 'repeat' };
  for (const walletId of walletsOf(entry)) {
    const head = heads.get(walletId);
    if (head === undefined) return { kind: 'unknown_wallet', detail: walletId };
    if (head.quarantined) return { kind: 'behind', detail: walletId };
  }
  return judgeRows(entry, heads);
}

function judgeRows(entry: JournalEntry, heads: ReadonlyMap<string, WalletHead>): Verdict {
  const moved = new Map<string, Pick<WalletHead, 'sequence' | 'postedMicros' | 'heldMicros'>>();
  for (const row of entry.rows) {
    const before = moved.get(row.walletId) ?? heads.get(row.walletId);
    if (before === undefined) return { kind: 'unknown_wallet', detail: row.walletId };
    const detail = `${row.walletId}: sequence ${row.sequence} after ${before.sequence}`;
    if (row.sequence <= before.sequence) return { kind: 'fork', detail };
    if (row.sequence > before.sequence + 1) return { kind: 'gap', detail };
    const after = {
      sequence: row.sequence,
      postedMicros: before.postedMicros + row.amountMicros,
      heldMicros: before.heldMicros + row.heldDeltaMicros,
    };
    const { wallet } = row;
    if (
      wallet.postedMicros !== after.postedMicros ||
      wallet.heldMicros !== after.heldMicros ||
      wallet.sequence !== after.sequence
    ) {
      const said = `${wallet.sequence}/${wallet.postedMicros}/${wallet.heldMicros}`;
      const expected = `${after.sequence}/${after.postedMicros}/${after.heldMicros}`;
      return { kind: 'arithmetic', detail: `${row.walletId}: ${said} instead of ${expected}` };
    }
    moved.set(row.walletId, after);
  }
  return { kind: 'new' };
}
