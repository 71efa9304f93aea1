/**
 * Lists of ledger entries, newest first, read straight from the ledger.
 *
 * The cursor is a place in the wallet's own sequence, which only grows at the top: rows written
 * while somebody pages can neither be repeated nor push another row out of sight.
 */

import type { Sql } from '../connect.ts';
import {
  type EntryKind,
  entryFromRow,
  type LedgerEntry,
  type LedgerEntryRow,
} from './ledger-entry.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';

/** Rows that one statement of an export reads. */
const EXPORT_PAGE_SIZE = 500;

/** Rows of one hold that an explanation reads: 4 legs, and far more extensions than a call has. */
const HOLD_ENTRIES_MAX = 20_000;

export interface EntryFilter {
  walletId: string;
  kind?: EntryKind | undefined;
  callId?: string | undefined;
  /** Written at or after. */
  from?: Date | undefined;
  /** Written before. */
  to?: Date | undefined;
}

export class Entries {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** One page; undefined when `startingAfter` is not an entry of this wallet. */
  async list(request: EntryFilter & PageRequest): Promise<Page<LedgerEntry> | undefined> {
    const limit = rowsToAsk(request.limit);
    let below: number | undefined;
    if (request.startingAfter !== undefined) {
      below = await this.#sequenceOf(request.walletId, request.startingAfter);
      if (below === undefined) {
        return undefined;
      }
    }
    return toPage(await this.#read(request, below, limit), request.limit);
  }

  /** Every matching entry, page by page: no statement and no transaction stays open between. */
  async *pages(filter: EntryFilter): AsyncGenerator<LedgerEntry[]> {
    let below: number | undefined;
    for (;;) {
      const entries = await this.#read(filter, below, EXPORT_PAGE_SIZE);
      if (entries.length > 0) {
        yield entries;
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < EXPORT_PAGE_SIZE) {
        return;
      }
      below = last.sequence;
    }
  }

  /** What the ledger says of one hold, oldest first, all its wallets. */
  async ofHold(holdId: string): Promise<LedgerEntry[]> {
    const rows = await this.#sql<LedgerEntryRow[]>`
      select * from ledger_entries where hold_id = ${holdId}
      order by created_at, mutation_id, row_index limit ${HOLD_ENTRIES_MAX}`;
    return rows.map(entryFromRow);
  }

  async #sequenceOf(walletId: string, entryId: string): Promise<number | undefined> {
    const [row] = await this.#sql<{ sequence: number }[]>`
      select sequence from ledger_entries where id = ${entryId} and wallet_id = ${walletId}`;
    return row?.sequence;
  }

  async #read(filter: EntryFilter, below: number | undefined, limit: number) {
    const sql = this.#sql;
    const { walletId, kind, callId, from, to } = filter;
    // Rows of a call carry its hold, and holds are indexed by the call's id; rows are not.
    const rows = await sql<LedgerEntryRow[]>`
      select * from ledger_entries where wallet_id = ${walletId}
        and ${below === undefined ? sql`true` : sql`sequence < ${below}`}
        and ${kind === undefined ? sql`true` : sql`kind = ${kind}`}
        and ${
          callId === undefined
            ? sql`true`
            : sql`call_id = ${callId}
                and hold_id = any(array(select id from holds where call_id = ${callId}))`
        }
        and ${from === undefined ? sql`true` : sql`created_at >= ${from}`}
        and ${to === undefined ? sql`true` : sql`created_at < ${to}`}
      order by sequence desc limit ${limit}`;
    return rows.map(entryFromRow);
  }
}
