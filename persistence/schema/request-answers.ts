import { json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** What a create answered under an Idempotency-Key; in one transaction with the row it made. */
export const requestAnswers = pgTable(
  'request_answers',
  {
    /** The organization of the key that asked, or `platform`. */
    scope: text('scope').notNull(),
    /** `METHOD /path Idempotency-Key`. */
    key: text('key').notNull(),
    fingerprint: text('fingerprint').notNull(),
    answer: json('answer').$type<Record<string, unknown>>().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.key] })],
);
