import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/** What an organization needs at its own account of a provider, sealed before it gets here. */
export const providerCredentials = pgTable(
  'provider_credentials',
  {
    organizationId: text('organization_id').notNull(),
    provider: text('provider').notNull(),
    sealed: bytea('sealed').notNull(),
    accountSid: text('account_sid'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.organizationId] })],
);
