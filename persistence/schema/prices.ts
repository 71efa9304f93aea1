import { boolean, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, micros } from './columns.ts';

export type PriceBook = 'retail' | 'wholesale';

/** A price by the minute or by the unit; organization '' is the platform's default. */
export const prices = pgTable(
  'prices',
  {
    organizationId: text('organization_id').notNull().default(''),
    book: text('book').$type<PriceBook>().notNull(),
    service: text('service').notNull(),
    unit: text('unit').notNull(),
    rateMicrosPerMinute: micros('rate_micros_per_minute'),
    unitPriceMicros: micros('unit_price_micros'),
    initialSeconds: integer('initial_seconds').notNull().default(1),
    subsequentSeconds: integer('subsequent_seconds').notNull().default(1),
    exact: boolean('exact').notNull().default(false),
    connectionFeeMicros: micros('connection_fee_micros').notNull().default(0),
    minimumMicros: micros('minimum_micros').notNull().default(0),
    currency: text('currency').notNull(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.book, table.service] })],
);
