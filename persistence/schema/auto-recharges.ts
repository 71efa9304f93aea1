import { sql } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, micros } from './columns.ts';

/** `action_required`: the card's owner is to confirm a payment. */
export type AutoRechargeStatus = 'active' | 'action_required' | 'stopped';
export type RechargeCap = 'daily' | 'monthly';

/** Wallets that charge a saved card when they run low. */
export const autoRecharges = pgTable('auto_recharges', {
  walletId: text('wallet_id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  thresholdMicros: micros('threshold_micros').notNull(),
  amountMicros: micros('amount_micros'),
  targetMicros: micros('target_micros'),
  dailyMaxMicros: micros('daily_max_micros'),
  monthlyMaxMicros: micros('monthly_max_micros'),
  dailyMaxCount: integer('daily_max_count'),
  monthlyMaxCount: integer('monthly_max_count'),
  bridgeMicros: micros('bridge_micros').notNull().default(0),
  coolOffSeconds: integer('cool_off_seconds').notNull(),
  failuresMax: integer('failures_max').notNull(),
  returnUrl: text('return_url').notNull(),
  customerId: text('customer_id').notNull(),
  paymentMethod: text('payment_method'),
  cardBrand: text('card_brand'),
  cardLast4: text('card_last4'),
  status: text('status').$type<AutoRechargeStatus>().notNull().default('active'),
  stoppedReason: text('stopped_reason'),
  attemptId: text('attempt_id'),
  confirmTopUpId: text('confirm_top_up_id'),
  failures: integer('failures').notNull().default(0),
  belowSince: instant('below_since'),
  notBefore: instant('not_before').notNull().default(sql`to_timestamp(0)`),
  capped: text('capped').$type<RechargeCap>(),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
