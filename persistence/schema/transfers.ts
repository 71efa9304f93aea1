import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, micros } from './columns.ts';

export type TransferState =
  | 'created'
  | 'debited'
  | 'completed'
  | 'reversing'
  | 'reversed'
  | 'refused';

/** The intent of a transfer between partitions; moves forward only. */
export const transfers = pgTable('transfers', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  fromWalletId: text('from_wallet_id').notNull(),
  toWalletId: text('to_wallet_id').notNull(),
  amountMicros: micros('amount_micros').notNull(),
  state: text('state').$type<TransferState>().notNull().default('created'),
  reference: text('reference'),
  requestScope: text('request_scope').notNull(),
  requestKey: text('request_key').notNull(),
  fingerprint: text('fingerprint').notNull(),
  refusal: jsonb('refusal').$type<Record<string, unknown>>(),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
