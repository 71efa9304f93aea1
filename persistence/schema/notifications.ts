import { bigint, boolean, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, counter, instant, micros } from './columns.ts';

/** Events for the outside, each written in the transaction of what it tells. */
export const outbox = pgTable('outbox', {
  position: counter('position').primaryKey().generatedAlwaysAsIdentity(),
  id: text('id').notNull().unique(),
  type: text('type').notNull(),
  organizationId: text('organization_id'),
  subject: text('subject').notNull(),
  occurredAt: instant('occurred_at').notNull(),
  data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  dispatchedAt: instant('dispatched_at'),
});

export type NotificationChannel = 'webhook' | 'email';
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'cancelled' | 'dropped';

/** Where events go. */
export const notificationEndpoints = pgTable('notification_endpoints', {
  id: text('id').primaryKey(),
  channel: text('channel').$type<NotificationChannel>().notNull(),
  organizationId: text('organization_id'),
  target: text('target').notNull(),
  description: text('description').notNull().default(''),
  events: text('events').array().notNull(),
  includeDescendants: boolean('include_descendants').notNull().default(false),
  status: text('status').$type<'enabled' | 'disabled'>().notNull().default('enabled'),
  disabledReason: text('disabled_reason'),
  sealed: bytea('sealed'),
  failures: integer('failures').notNull().default(0),
  unreachable: integer('unreachable').notNull().default(0),
  failingSince: instant('failing_since'),
  quietUntil: instant('quiet_until'),
  askedUntil: instant('asked_until'),
  lastSuccessAt: instant('last_success_at'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** One event on its way to one endpoint. */
export const notificationDeliveries = pgTable('notification_deliveries', {
  id: text('id').primaryKey(),
  endpointId: text('endpoint_id').notNull(),
  eventId: text('event_id').notNull(),
  position: counter('position').notNull(),
  type: text('type').notNull(),
  subject: text('subject').notNull(),
  state: text('state').$type<DeliveryState>().notNull().default('pending'),
  attempts: integer('attempts').notNull().default(0),
  strikes: integer('strikes').notNull().default(0),
  startedAt: instant('started_at').notNull(),
  nextAttemptAt: instant('next_attempt_at').notNull(),
  claimedBy: text('claimed_by'),
  claimedUntil: instant('claimed_until'),
  lastStatus: integer('last_status'),
  lastError: text('last_error'),
  deliveredAt: instant('delivered_at'),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** Each try of a delivery. */
export const notificationAttempts = pgTable('notification_attempts', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  deliveryId: text('delivery_id').notNull(),
  attempt: integer('attempt').notNull(),
  at: instant('at').notNull(),
  durationMs: integer('duration_ms').notNull(),
  status: integer('status'),
  error: text('error'),
  answer: text('answer').notNull().default(''),
});

/** What is to be told of a wallet beyond its levels. */
export const walletAlerts = pgTable('wallet_alerts', {
  id: text('id').primaryKey(),
  walletId: text('wallet_id').notNull(),
  kind: text('kind').$type<'available' | 'minutes'>().notNull(),
  availableMicros: micros('available_micros'),
  resolveAboveMicros: micros('resolve_above_micros'),
  minutes: integer('minutes'),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** What was told last of a wallet, after its last ledger row. */
export const walletAlertStates = pgTable('wallet_alert_states', {
  walletId: text('wallet_id').primaryKey(),
  raised: text('raised').array().notNull().default([]),
  burnMicrosPerMinute: micros('burn_micros_per_minute'),
});
