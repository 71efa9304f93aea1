import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

export type CutoffState = 'none' | 'pending' | 'confirmed' | 'failed';
export type BindingKind = 'assistant' | 'agent' | 'phone_number' | 'account';

/** What the engine does not need to know about a call. */
export const calls = pgTable(
  'calls',
  {
    organizationId: text('organization_id').notNull(),
    callId: text('call_id').notNull(),
    holdId: text('hold_id').notNull(),
    service: text('service').notNull(),
    provider: text('provider'),
    providerCallId: text('provider_call_id'),
    destination: text('destination'),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    maxDurationSeconds: integer('max_duration_seconds'),
    cutoffState: text('cutoff_state').$type<CutoffState>().notNull().default('none'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.callId] })],
);

/** The provider's id of a call: how a webhook finds its hold. */
export const callLinks = pgTable(
  'call_links',
  {
    provider: text('provider').notNull(),
    providerCallId: text('provider_call_id').notNull(),
    organizationId: text('organization_id').notNull(),
    callId: text('call_id').notNull(),
    holdId: text('hold_id').notNull(),
    partition: integer('partition').notNull(),
    controlUrl: text('control_url'),
    twilioCallSid: text('twilio_call_sid'),
    claimed: boolean('claimed').notNull().default(false),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.providerCallId] })],
);

/** Decisions about a call that moved no money. */
export const callEvents = pgTable('call_events', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  organizationId: text('organization_id').notNull(),
  callId: text('call_id').notNull(),
  at: instant('at').notNull().defaultNow(),
  kind: text('kind').notNull(),
  details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
});

/** Which organization a provider's assistant, agent, number or account belongs to. */
export const providerBindings = pgTable(
  'provider_bindings',
  {
    provider: text('provider').notNull(),
    kind: text('kind').$type<BindingKind>().notNull(),
    externalId: text('external_id').notNull(),
    organizationId: text('organization_id').notNull(),
    walletId: text('wallet_id'),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.kind, table.externalId] })],
);
