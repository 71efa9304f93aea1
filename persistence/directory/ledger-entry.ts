/** One row of the ledger as lists, exports and explanations show it. */
import { objectCell } from './cells.ts';

/** What a row did to its wallet; the table checks the same list. */
export const ENTRY_KINDS = [
  'hold',
  'capture',
  'hold_release',
  'charge',
  'deposit',
  'bonus',
  'refund',
  'adjustment',
  'auto_recharge',
  'dispute',
  'transfer',
  'configure',
] as const;

export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface LedgerEntry {
  id: string;
  walletId: string;
  organizationId: string;
  sequence: number;
  kind: EntryKind;
  /** The operation that made the row: `authorize`, `capture`... */
  operation: string;
  /** The effect on posted, signed. */
  amountMicros: number;
  heldDeltaMicros: number;
  postedAfterMicros: number;
  heldAfterMicros: number;
  shortfallMicros: number;
  holdId: string | null;
  callId: string | null;
  reference: string | null;
  description: string | null;
  /** The entry that this one refunds. */
  refunds: string | null;
  details: Record<string, unknown>;
  createdAt: Date;
  /** When it happened in the world, such as the time of the call. */
  occurredAt: Date;
  /** Hexadecimal; chains the row to the one before it in its wallet. */
  hash: string;
}

export interface LedgerEntryRow {
  id: string;
  wallet_id: string;
  organization_id: string;
  sequence: number;
  kind: EntryKind;
  operation: string;
  amount_micros: number;
  held_delta_micros: number;
  posted_after_micros: number;
  held_after_micros: number;
  shortfall_micros: number;
  hold_id: string | null;
  call_id: string | null;
  reference: string | null;
  description: string | null;
  refunds: string | null;
  details: unknown;
  created_at: Date;
  occurred_at: Date;
  hash: Buffer;
}

export function entryFromRow(row: LedgerEntryRow): LedgerEntry {
  return {
    id: row.id,
    walletId: row.wallet_id,
    organizationId: row.organization_id,
    sequence: row.sequence,
    kind: row.kind,
    operation: row.operation,
    amountMicros: row.amount_micros,
    heldDeltaMicros: row.held_delta_micros,
    postedAfterMicros: row.posted_after_micros,
    heldAfterMicros: row.held_after_micros,
    shortfallMicros: row.shortfall_micros,
    holdId: row.hold_id,
    callId: row.call_id,
    reference: row.reference,
    description: row.description,
    refunds: row.refunds,
    details: objectCell(row.details),
    createdAt: row.created_at,
    occurredAt: row.occurred_at,
    hash: row.hash.toString('hex'),
  };
}
