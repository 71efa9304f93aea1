import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

export type DialState = 'dialing' | 'created' | 'refused' | 'unknown';

/** Calls that Ringfence places itself, each at most once. */
export const dials = pgTable(
  'dials',
  {
    organizationId: text('organization_id').notNull(),
    callId: text('call_id').notNull(),
    provider: text('provider').notNull(),
    /** Whose account at the provider; empty for the platform's own. */
    account: text('account').notNull().default(''),
    fingerprint: text('fingerprint').notNull(),
    fromNumber: text('from_number').notNull(),
    toNumber: text('to_number').notNull(),
    state: text('state').$type<DialState>().notNull().default('dialing'),
    providerCallId: text('provider_call_id'),
    providerStatus: integer('provider_status'),
    dialedAt: instant('dialed_at').notNull().defaultNow(),
    doneAt: instant('done_at'),
    lookAt: instant('look_at').notNull(),
    looks: integer('looks').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.callId] })],
);
