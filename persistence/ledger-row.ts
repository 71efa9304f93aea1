/** One ledger entry as a row: what a journal entry says about one wallet, in columns. */
import { hash } from 'node:crypto';
import { entryId, type JournalEntry, type JournalRow } from '../engine/index.ts';
import { storable, storableJson } from './storable.ts';

export interface LedgerRow {
  id: string;
  walletId: string;
  organizationId: string;
  sequence: number;
  kind: string;
  operation: string;
  amountMicros: number;
  heldDeltaMicros: number;
  postedAfterMicros: number;
  heldAfterMicros: number;
  shortfallMicros: number;
  holdId: string | null;
  callId: string | null;
  reference: string | null;
  description: string | null;
  refunds: string | null;
  /** The rest of the memo, with sorted keys; null when there is none. */
  details: Record<string, unknown> | null;
  mutationId: string;
  rowIndex: number;
  createdAtMs: number;
  occurredAtMs: number;
  /** sha256 of the whole journal entry's bytes. */
  contentHash: Buffer;
}

/** sha256 of a journal entry's raw bytes: two entries are the same only if this is equal. */
export function contentHashOf(payload: Buffer): Buffer {
  // Asked for as a buffer it would cost twice as much.
  return Buffer.from(hash('sha256', payload, 'binary'), 'latin1');
}

interface Labels {
  callId: string | null;
  reference: string | null;
  description: string | null;
  refunds: string | null;
  details: Record<string, unknown> | null;
}

const NO_LABELS: Labels = {
  callId: null,
  reference: null,
  description: null,
  refunds: null,
  details: null,
};
const LABELS = new Set(['call_id', 'reference', 'description', 'refunds']);

/** Splits an entry's memo into the columns it has and the rest. */
export function labelsOf(entry: JournalEntry): Labels {
  const callId = entry.hold?.callId ? entry.hold.callId : null;
  if (entry.memo === '' || entry.memo === '{}') return { ...NO_LABELS, callId };
  const memo = parseMemo(entry.memo);
  const rest = Object.entries(memo).filter(([key]) => !LABELS.has(key));
  return {
    callId: label(memo.call_id) ?? callId,
    reference: label(memo.reference),
    description: label(memo.description),
    refunds: label(memo.refunds),
    details: rest.length === 0 ? null : Object.fromEntries(rest),
  };
}

/** A memo that is not a JSON object is kept as it came: labels must never stop money. */
function parseMemo(text: string): Record<string, unknown> {
  try {
    const memo: unknown = JSON.parse(text);
    if (typeof memo === 'object' && memo !== null && !Array.isArray(memo)) {
      const labels = memo as Record<string, unknown>;
      // JSON.stringify escapes only what jsonb might refuse, so other memos need no walk.
      return text.includes('\\u') ? (storableJson(labels) as Record<string, unknown>) : labels;
    }
  } catch {
    // Falls through to the raw text.
  }
  return { memo: storable(text) };
}

function label(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? storable(value) : null;
}

export function ledgerRow(
  entry: JournalEntry,
  row: JournalRow,
  rowIndex: number,
  labels: Labels,
  contentHash: Buffer,
): LedgerRow {
  return {
    id: entryId(entry.mutationId, rowIndex),
    walletId: row.walletId,
    organizationId: entry.organizationId,
    sequence: row.sequence,
    kind: row.kind,
    operation: entry.operation,
    amountMicros: row.amountMicros,
    heldDeltaMicros: row.heldDeltaMicros,
    postedAfterMicros: row.wallet.postedMicros,
    heldAfterMicros: row.wallet.heldMicros,
    shortfallMicros: row.shortfallMicros,
    holdId: entry.holdId === '' ? null : entry.holdId,
    callId: labels.callId,
    reference: labels.reference,
    description: labels.description,
    refunds: labels.refunds,
    details: labels.details,
    mutationId: entry.mutationId,
    rowIndex,
    createdAtMs: entry.atMs,
    occurredAtMs: entry.occurredAtMs,
    contentHash,
  };
}
