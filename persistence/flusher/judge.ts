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
export function isStored(
  { mutationId, rows }: JournalEntry,
  contentHash: Buffer,
  stored: StoredRows,
): boolean {
  for (let index = 0; index < rows.length; index += 1) {
    if (stored.get(entryId(mutationId, index))?.equals(contentHash) !== true) return false;
  }
  return rows.length > 0;
}

export function judge(
  entry: JournalEntry,
  contentHash: Buffer,
  heads: ReadonlyMap<string, WalletHead>,
  stored: StoredRows,
): Verdict {
  if (isStored(entry, contentHash, stored)) return { kind: 'repeat' };
  for (const { walletId } of entry.rows) {
    const fault = faultOfWallet(walletId, heads);
    if (fault !== undefined) return fault;
  }
  for (const { walletId } of entry.hold?.legs ?? []) {
    const fault = faultOfWallet(walletId, heads);
    if (fault !== undefined) return fault;
  }
  return judgeRows(entry, heads);
}

function faultOfWallet(
  walletId: string,
  heads: ReadonlyMap<string, WalletHead>,
): Verdict | undefined {
  const head = heads.get(walletId);
  if (head === undefined) return { kind: 'unknown_wallet', detail: walletId };
  return head.quarantined ? { kind: 'behind', detail: walletId } : undefined;
}

type Standing = Pick<WalletHead, 'sequence' | 'postedMicros' | 'heldMicros'>;

function judgeRows({ rows }: JournalEntry, heads: ReadonlyMap<string, WalletHead>): Verdict {
  // One row follows the ledger; only of several may one follow another of the same wallet.
  const moved = rows.length > 1 ? new Map<string, Standing>() : undefined;
  for (const row of rows) {
    const before = moved?.get(row.walletId) ?? heads.get(row.walletId);
    if (before === undefined) return { kind: 'unknown_wallet', detail: row.walletId };
    const fault = faultOfRow(row, before);
    if (fault !== undefined) return fault;
    moved?.set(row.walletId, row.wallet);
  }
  return NEW;
}

const NEW: Verdict = { kind: 'new' };

/** The wallet that the row carries must be the ledger's and the row's amounts. */
function faultOfRow(row: JournalRow, before: Standing): Verdict | undefined {
  const { walletId, sequence, wallet } = row;
  if (sequence !== before.sequence + 1) {
    const detail = `${walletId}: sequence ${sequence} after ${before.sequence}`;
    return { kind: sequence <= before.sequence ? 'fork' : 'gap', detail };
  }
  const postedMicros = before.postedMicros + row.amountMicros;
  const heldMicros = before.heldMicros + row.heldDeltaMicros;
  if (
    wallet.postedMicros === postedMicros &&
    wallet.heldMicros === heldMicros &&
    wallet.sequence === sequence
  ) {
    return undefined;
  }
  const said = `${wallet.sequence}/${wallet.postedMicros}/${wallet.heldMicros}`;
  const expected = `${sequence}/${postedMicros}/${heldMicros}`;
  return { kind: 'arithmetic', detail: `${walletId}: ${said} instead of ${expected}` };
}
