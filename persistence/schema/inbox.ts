import { bigint, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Verified provider events to be applied later, in order per call. */
export const webhookInbox = pgTable('webhook_inbox', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  provider: text('provider').notNull(),
  callKey: text('call_key').notNull(),
  eventKey: text('event_key').notNull(),
  event: jsonb('event').$type<Record<string, unknown>>().notNull(),
  receivedAt: instant('received_at').notNull().defaultNow(),
  claimedBy: text('claimed_by'),
  claimedUntil: instant('claimed_until'),
  attempts: integer('attempts').notNull().default(0),
  lastError: text('last_error'),
  appliedAt: instant('applied_at'),
});
