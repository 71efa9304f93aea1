import { z } from '@hono/zod-openapi';
import { entryId, type JournalEntry, type JournalRow } from '../../engine/index.ts';
import { ENTRY_KINDS, type LedgerEntry } from '../../persistence/index.ts';
import { microsSchema } from './money.ts';

/** The kinds of ledger entries, as the engine writes them. */
export const entryKindSchema = z.enum(ENTRY_KINDS, 'must be a kind of entry such as deposit');

export const entrySchema = z
  .object({
    id: z.string(),
    wallet_id: z.string(),
    sequence: z.int(),
    kind: entryKindSchema,
    amount_micros: microsSchema.openapi({ description: 'The effect on posted, signed.' }),
    held_delta_micros: microsSchema,
    posted_after_micros: microsSchema,
    held_after_micros: microsSchema,
    shortfall_micros: microsSchema.optional(),
    hold_id: z.string().optional(),
    call_id: z.string().optional(),
    reference: z.string().optional(),
    description: z.string().optional(),
    refunds: z.string().optional(),
    created_at: z.string(),
    occurred_at: z.string(),
    hash: z.string().optional().openapi({ description: 'Only where entries are read.' }),
  })
  .openapi('Entry');

export const walletAtEntrySchema = z
  .object({
    id: z.string(),
    posted_micros: microsSchema,
    held_micros: microsSchema,
    available_micros: microsSchema,
    sequence: z.int(),
  })
  .openapi('WalletAtEntry');

export const entryAnswerSchema = z
  .object({ entry: entrySchema, wallet: walletAtEntrySchema })
  .openapi('EntryAnswer');

/**
 * The answer of a mutation for one of its wallets. Only what the entry's row holds goes in, so that
 * a replay after a recovery reads the same.
 */
export function entryAnswer(entry: JournalEntry, walletId: string) {
  const index = entry.rows.findIndex((row) => row.walletId === walletId);
  const row = entry.rows[index];
  if (row === undefined) throw new Error(`a mutation of ${walletId} has no row of it`);
  return { entry: journalEntryBody(entry, row, index), wallet: walletAtEntry(row) };
}

export function walletAtEntry(row: JournalRow) {
  const { postedMicros, heldMicros } = row.wallet;
  return {
    id: row.walletId,
    posted_micros: postedMicros,
    held_micros: heldMicros,
    available_micros: postedMicros - heldMicros,
    sequence: row.sequence,
  };
}

function journalEntryBody(entry: JournalEntry, row: JournalRow, index: number) {
  const memo: Record<string, unknown> = JSON.parse(entry.memo);
  const callId = memo.call_id ?? entry.hold?.callId;
  return {
    id: entryId(entry.mutationId, index),
    wallet_id: row.walletId,
    sequence: row.sequence,
    kind: row.kind,
    amount_micros: row.amountMicros,
    held_delta_micros: row.heldDeltaMicros,
    posted_after_micros: row.wallet.postedMicros,
    held_after_micros: row.wallet.heldMicros,
    ...(row.shortfallMicros !== 0 && { shortfall_micros: row.shortfallMicros }),
    ...given('hold_id', entry.holdId),
    ...given('call_id', callId),
    ...given('reference', memo.reference),
    ...given('description', memo.description),
    ...given('refunds', memo.refunds),
    created_at: new Date(entry.atMs).toISOString(),
    occurred_at: new Date(entry.occurredAtMs || entry.atMs).toISOString(),
  };
}

/** An entry as the ledger stores it, with its hash. */
export function ledgerEntryBody(entry: LedgerEntry) {
  return {
    id: entry.id,
    wallet_id: entry.walletId,
    sequence: entry.sequence,
    kind: entry.kind,
    amount_micros: entry.amountMicros,
    held_delta_micros: entry.heldDeltaMicros,
    posted_after_micros: entry.postedAfterMicros,
    held_after_micros: entry.heldAfterMicros,
    ...(entry.shortfallMicros !== 0 && { shortfall_micros: entry.shortfallMicros }),
    ...given('hold_id', entry.holdId),
    ...given('call_id', entry.callId),
    ...given('reference', entry.reference),
    ...given('description', entry.description),
    ...given('refunds', entry.refunds),
    created_at: entry.createdAt.toISOString(),
    occurred_at: entry.occurredAt.toISOString(),
    hash: entry.hash,
  };
}

/** A field that is left out when it has no value. */
function given(name: string, value: unknown): Record<string, unknown> {
  return value === undefined || value === null || value === '' ? {} : { [name]: value };
}
