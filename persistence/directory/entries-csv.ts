/**
 * Ledger entries as CSV (RFC 4180: CRLF, quotes doubled).
 *
 * A spreadsheet runs a cell that starts with = + - or @ as a formula, also after a tab or a line
 * break, and references and descriptions come from callers. Such a cell gets an apostrophe in
 * front; a plain number keeps its sign, because finance sums that column.
 */
import type { LedgerEntry } from './ledger-entry.ts';

type Column = [name: string, cell: (entry: LedgerEntry) => string | number | null];

const COLUMNS: Column[] = [
  ['id', (entry) => entry.id],
  ['wallet_id', (entry) => entry.walletId],
  ['sequence', (entry) => entry.sequence],
  ['kind', (entry) => entry.kind],
  ['amount_micros', (entry) => entry.amountMicros],
  ['held_delta_micros', (entry) => entry.heldDeltaMicros],
  ['posted_after_micros', (entry) => entry.postedAfterMicros],
  ['held_after_micros', (entry) => entry.heldAfterMicros],
  ['shortfall_micros', (entry) => entry.shortfallMicros],
  ['hold_id', (entry) => entry.holdId],
  ['call_id', (entry) => entry.callId],
  ['reference', (entry) => entry.reference],
  ['description', (entry) => entry.description],
  ['refunds', (entry) => entry.refunds],
  ['created_at', (entry) => entry.createdAt.toISOString()],
  ['occurred_at', (entry) => entry.occurredAt.toISOString()],
  ['hash', (entry) => entry.hash],
];

/** The header, then one chunk of lines per page. */
export async function* entriesCsv(pages: AsyncIterable<LedgerEntry[]>): AsyncGenerator<string> {
  yield line(COLUMNS.map(([name]) => name));
  for await (const entries of pages) {
    yield entries.map((entry) => line(COLUMNS.map(([, cell]) => cell(entry)))).join('');
  }
}

/** One cell, safe for a spreadsheet and quoted where CSV asks for it. */
export function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const isNumber = /^-?\d+(\.\d+)?$/.test(text);
  const safe =
    !isNumber && /^[\s\p{Cc}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text)
      ? `'${text}`
      : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function line(cells: (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}
