/**
 * The part of a partition's journal that Postgres does not have yet: what Redis may be ahead by.
 *
 * It is read on with every page of wallets, after Redis was read, so that it always reaches as far
 * as what was read. Rows that Postgres has taken over meanwhile are recognized by their sequence.
 */
import type { Journal, JournalRow, WalletState } from '../../engine/index.ts';
import { readEntry } from '../flusher/entry.ts';
import { heldBy } from './read-page.ts';

export interface TailRow {
  sequence: number;
  amountMicros: number;
  heldDeltaMicros: number;
  /** The wallet after the row. */
  state: WalletState;
  /** The hold the row belongs to, and what it keeps of the wallet afterwards. */
  holdId: string;
  holdMicros: number;
}

const PAGE = 1_000;

export class JournalTail {
  readonly #journal: Pick<Journal, 'range'>;
  readonly #partition: number;
  readonly #rows = new Map<string, TailRow[]>();
  #end: string;

  /** @param cursor how far Postgres had committed before anything else was read */
  constructor(journal: Pick<Journal, 'range'>, partition: number, cursor: string) {
    this.#journal = journal;
    this.#partition = partition;
    this.#end = cursor;
  }

  /** Reads to the present end of the journal. */
  async readOn(): Promise<void> {
    for (;;) {
      const items = await this.#journal.range(this.#partition, `(${this.#end}`, '+', PAGE);
      for (const item of items) {
        const { entry } = readEntry(this.#partition, item);
        this.#end = item.id;
        if (entry === undefined) continue;
        const held = entry.hold === null ? new Map<string, number>() : heldBy(entry.hold);
        for (const row of entry.rows) this.#add(row, entry.holdId, held.get(row.walletId) ?? 0);
      }
      if (items.length < PAGE) return;
    }
  }

  /** The wallet's rows after `sequence` and up to `until`. */
  rows(walletId: string, sequence: number, until: number): TailRow[] {
    const rows = this.#rows.get(walletId) ?? [];
    return rows.filter((row) => row.sequence > sequence && row.sequence <= until);
  }

  /** The sequence of the wallet's last row, 0 when it has none here. */
  lastSequence(walletId: string): number {
    return this.#rows.get(walletId)?.at(-1)?.sequence ?? 0;
  }

  #add(row: JournalRow, holdId: string, holdMicros: number): void {
    const rows = this.#rows.get(row.walletId) ?? [];
    const { sequence, amountMicros, heldDeltaMicros, wallet } = row;
    rows.push({ sequence, amountMicros, heldDeltaMicros, state: wallet, holdId, holdMicros });
    this.#rows.set(row.walletId, rows);
  }
}
