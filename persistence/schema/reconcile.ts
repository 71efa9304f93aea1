import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** How far each provider account has been reconciled; the empty organization is the platform. */
export const reconcileMarks = pgTable(
  'reconcile_marks',
  {
    provider: text('provider').notNull(),
    organizationId: text('organization_id').notNull().default(''),
    reconciledUntil: instant('reconciled_until'),
    dueAt: instant('due_at').notNull().defaultNow(),
    requestedAt: instant('requested_at'),
    wantedSince: instant('wanted_since'),
    claimedAt: instant('claimed_at'),
    leasedBy: text('leased_by'),
    leasedUntil: instant('leased_until'),
  },
  (table) => [primaryKey({ columns: [table.provider, table.organizationId] })],
);
