import { date, jsonb, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bytea, counter, instant, micros } from './columns.ts';

/** One immutable row per mutation of one wallet; partitioned by month of `createdAt`. */
export const ledgerEntries = pgTable('ledger_entries', {
  id: text('id').notNull(),
  walletId: text('wallet_id').notNull(),
  organizationId: text('organization_id').notNull(),
  sequence: counter('sequence').notNull(),
  kind: text('kind').notNull(),
  operation: text('operation').notNull(),
  amountMicros: micros('amount_micros').notNull(),
  heldDeltaMicros: micros('held_delta_micros').notNull(),
  postedAfterMicros: micros('posted_after_micros').notNull(),
  heldAfterMicros: micros('held_after_micros').notNull(),
  shortfallMicros: micros('shortfall_micros').notNull(),
  holdId: text('hold_id'),
  callId: text('call_id'),
  reference: text('reference'),
  description: text('description'),
  refunds: text('refunds'),
  details: jsonb('details').$type<Record<string, unknown>>(),
  mutationId: text('mutation_id').notNull(),
  rowIndex: smallint('row_index').notNull(),
  createdAt: instant('created_at').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  contentHash: bytea('content_hash').notNull(),
  hash: bytea('hash').notNull(),
});

/** One key, one effect, for ever; `payload` is the raw journal entry. */
export const naturalKeys = pgTable(
  'natural_keys',
  {
    scope: text('scope').notNull(),
    kind: text('kind').notNull(),
    key: text('key').notNull(),
    fingerprint: text('fingerprint').notNull(),
    mutationId: text('mutation_id').notNull(),
    payload: bytea('payload').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.kind, table.key] })],
);

/** Chain heads per day; `walletId` '' is the row that closes the day. */
export const ledgerDigests = pgTable(
  'ledger_digests',
  {
    day: date('day', { mode: 'string' }).notNull(),
    walletId: text('wallet_id').notNull(),
    sequence: counter('sequence').notNull(),
    hash: bytea('hash').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.day, table.walletId] })],
);
