import { boolean, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/** A tenant. `callPolicy` is sparse: only what this organization sets itself. */
export const organizations = pgTable('organizations', {
  id: text('id').primaryKey(),
  parentId: text('parent_id'),
  rootId: text('root_id').notNull(),
  name: text('name').notNull(),
  billingEnabled: boolean('billing_enabled').notNull().default(true),
  callPolicy: jsonb('call_policy').$type<Record<string, unknown>>().notNull().default({}),
  metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

export type ApiKeyRole = 'platform' | 'agency' | 'organization' | 'finance';

/** A machine key: only its sha256 and a prefix for display are kept. */
export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id'),
  role: text('role').$type<ApiKeyRole>().notNull(),
  name: text('name').notNull(),
  prefix: text('prefix').notNull(),
  hash: bytea('hash').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  revokedAt: instant('revoked_at'),
});
