import { bigint, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** What operators decided by a command; never changed. */
export const operatorActions = pgTable('operator_actions', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: instant('at').notNull().defaultNow(),
  operator: text('operator').notNull(),
  command: text('command').notNull(),
  reason: text('reason').notNull(),
  details: jsonb('details').notNull(),
});
