import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, counter, instant, micros } from './columns.ts';

export type HoldRowState = 'authorized' | 'live' | 'final' | 'captured' | 'voided' | 'expired';

/** The last committed state of a hold; `snapshot` is the packed HoldState. */
export const holds = pgTable('holds', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  partition: integer('partition').notNull(),
  kind: text('kind').$type<'call' | 'amount'>().notNull(),
  callId: text('call_id'),
  state: text('state').$type<HoldRowState>().notNull(),
  revision: counter('revision').notNull(),
  snapshot: bytea('snapshot').notNull(),
  walletIds: text('wallet_ids').array().notNull(),
  usedMs: counter('used_ms').notNull().default(0),
  capturedMicros: micros('captured_micros').notNull().default(0),
  outcome: text('outcome'),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  closedAt: instant('closed_at'),
});
