/**
 * Puts journal entries on top of a ledger that went another way: their amounts stay; sequences,
 * balances, limits and what holds hold follow the ledger. Pure.
 */
import type { JournalEntry, JournalRow, WalletState } from '../../engine/index.ts';
import type { Ledger } from '../flusher/batch.ts';
import type { ReadEntry } from '../flusher/entry.ts';
import { judge, type WalletHead } from '../flusher/judge.ts';
import { heldOf, joinedHold } from './joined-hold.ts';
import { LimitsAfter } from './limits.ts';
import type { LedgerStates } from './states.ts';

const NOTHING: LedgerStates = { wallets: new Map(), holds: new Map() };

/**
 * Entries that follow as they are, or are in the ledger already, are kept as they are.
 * @param states as the ledger has them: live calls and limits of the other branch, which the entries
 *   carry, are not those that hold now
 */
export function rebase(
  entries: readonly ReadEntry[],
  ledger: Ledger,
  states: LedgerStates = NOTHING,
): ReadEntry[] {
  const top = new Top(ledger, states);
  return entries.map((read) => {
    const { entry } = read;
    if (entry === undefined) return read;
    const verdict = judge(entry, read.contentHash, top.heads, ledger.stored);
    if (verdict.kind === 'repeat') return read;
    const follows = verdict.kind === 'new' && !top.hasPassed(entry);
    const put = follows ? entry : top.follow(entry);
    top.take(entry, put);
    return put === entry ? read : { ...read, entry: put };
  });
}

/** The ledger as it is after the entries that were put on it so far. */
class Top {
  readonly heads: Map<string, WalletHead>;
  readonly #holds: Map<string, NonNullable<JournalEntry['hold']>>;
  readonly #limits: LimitsAfter;

  constructor(ledger: Ledger, states: LedgerStates) {
    this.heads = new Map([...ledger.heads].map(([id, head]) => [id, { ...head }]));
    this.#holds = new Map(states.holds);
    this.#limits = new LimitsAfter(states.wallets);
  }

  /** An entry without rows may follow the wallets, and still not the hold. */
  hasPassed({ holdId, hold }: JournalEntry): boolean {
    return hold !== null && (this.#holds.get(holdId)?.revision ?? 0) >= hold.revision;
  }

  follow(entry: JournalEntry): JournalEntry {
    const known = this.#holds.get(entry.holdId);
    const hold = entry.hold && known ? joinedHold(entry, entry.hold, known) : entry.hold;
    const rows = entry.rows.map((row) => {
      if (hold === null || known === undefined) return row;
      const heldDeltaMicros = heldOf(hold, row.walletId) - heldOf(known, row.walletId);
      return { ...row, heldDeltaMicros };
    });
    // The ledger says which sequence each row had in the journal.
    const rebasedFrom = entry.rows.map((row) => row.sequence);
    const memo = JSON.stringify({ ...memoOf(entry), rebased_from: rebasedFrom });
    if (hold !== null) this.#holds.set(entry.holdId, hold);
    return { ...entry, memo, hold, rows: rows.map((row) => this.#next(entry, row)) };
  }

  /** @param put what `entry` became */
  take(entry: JournalEntry, put: JournalEntry): void {
    if (put.hold !== null) this.#holds.set(put.holdId, put.hold);
    for (const [index, row] of put.rows.entries()) {
      const { sequence, wallet } = row;
      const { postedMicros, heldMicros } = wallet;
      const head = this.heads.get(row.walletId);
      if (head !== undefined) Object.assign(head, { sequence, postedMicros, heldMicros });
      this.#limits.take(row.walletId, entry.rows[index]?.wallet ?? wallet, wallet);
    }
  }

  #next(entry: JournalEntry, row: JournalRow): JournalRow {
    const { walletId } = row;
    const head = this.heads.get(walletId);
    if (head === undefined) return row;
    const sequence = head.sequence + 1;
    const wallet: WalletState = {
      ...row.wallet,
      ...this.#limits.of(entry, row),
      sequence,
      postedMicros: head.postedMicros + row.amountMicros,
      heldMicros: head.heldMicros + row.heldDeltaMicros,
      liveCalls: this.#openCalls(walletId),
    };
    return { ...row, sequence, wallet };
  }

  #openCalls(walletId: string): number {
    const open = [...this.#holds.values()].filter(
      (hold) => hold.kind === 'call' && hold.closedAtMs === 0,
    );
    return open.filter(({ legs }) => legs.some((leg) => leg.walletId === walletId)).length;
  }
}

function memoOf(entry: JournalEntry): Record<string, unknown> {
  try {
    const memo: unknown = JSON.parse(entry.memo);
    return typeof memo === 'object' && memo !== null ? (memo as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
