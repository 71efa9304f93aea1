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

/** Events for the outside, to be delivered at least once. */
export const outbox = pgTable('outbox', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  kind: text('kind').notNull(),
  organizationId: text('organization_id').notNull(),
  eventKey: text('event_key').notNull(),
  payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  availableAt: instant('available_at').notNull().defaultNow(),
  attempts: integer('attempts').notNull().default(0),
  deliveredAt: instant('delivered_at'),
});
