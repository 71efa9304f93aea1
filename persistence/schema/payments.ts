import { boolean, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { counter, instant, micros } from './columns.ts';

export type TopUpState =
  | 'created'
  | 'pending'
  | 'succeeded'
  | 'failed'
  | 'expired'
  | 'partly_refunded'
  | 'refunded'
  | 'disputed'
  | 'won'
  | 'lost';

/** The bonus goes back by movements of its own: it was given away, the rest was paid. */
export type MovementPurpose =
  | 'credit'
  | 'bonus'
  | 'refund'
  | 'refund_bonus'
  | 'dispute'
  | 'dispute_bonus';

export type TopUpOrigin = 'order' | 'auto_recharge';

/** What is for sale. */
export const topUpPackages = pgTable('top_up_packages', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id'),
  name: text('name').notNull(),
  priceMicros: micros('price_micros').notNull(),
  priceCurrency: text('price_currency').notNull(),
  creditMicros: micros('credit_micros').notNull(),
  walletCurrency: text('wallet_currency').notNull(),
  bonusMicros: micros('bonus_micros').notNull().default(0),
  active: boolean('active').notNull().default(true),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** The intent of a top-up, made before Stripe is asked. */
export const topUps = pgTable('top_ups', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  walletId: text('wallet_id').notNull(),
  packageId: text('package_id'),
  title: text('title').notNull(),
  chargeMinor: counter('charge_minor').notNull(),
  chargeCurrency: text('charge_currency').notNull(),
  creditMicros: micros('credit_micros').notNull(),
  bonusMicros: micros('bonus_micros').notNull().default(0),
  saveCard: boolean('save_card').notNull().default(false),
  successUrl: text('success_url').notNull(),
  cancelUrl: text('cancel_url').notNull(),
  state: text('state').$type<TopUpState>().notNull().default('created'),
  checkoutSessionId: text('checkout_session_id'),
  checkoutUrl: text('checkout_url'),
  paymentIntent: text('payment_intent'),
  failureCode: text('failure_code'),
  receiptUrl: text('receipt_url'),
  requestScope: text('request_scope').notNull(),
  requestKey: text('request_key').notNull(),
  fingerprint: text('fingerprint').notNull(),
  stripeAttempt: integer('stripe_attempt').notNull().default(0),
  origin: text('origin').$type<TopUpOrigin>().notNull().default('order'),
  customerId: text('customer_id'),
  paymentMethod: text('payment_method'),
  askAt: instant('ask_at'),
  askedTimes: integer('asked_times').notNull().default(0),
  bridgeMicros: micros('bridge_micros').notNull().default(0),
  bridgeReturnedAt: instant('bridge_returned_at'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  paidAt: instant('paid_at'),
});

/** What Stripe has said about a payment. */
export const payments = pgTable('payments', {
  paymentIntent: text('payment_intent').primaryKey(),
  topUpId: text('top_up_id'),
  accepted: boolean('accepted').notNull().default(false),
  refused: text('refused'),
  refundedMinor: counter('refunded_minor').notNull().default(0),
  refunds: jsonb('refunds').notNull().default({}),
  disputes: jsonb('disputes').notNull().default({}),
  undecided: boolean('undecided').notNull().default(false),
  putOffTimes: integer('put_off_times').notNull().default(0),
  putOffUntil: instant('put_off_until'),
  receiptUrl: text('receipt_url'),
  unsettledSince: instant('unsettled_since'),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** What a payment does to its wallet. */
export const paymentMovements = pgTable(
  'payment_movements',
  {
    paymentIntent: text('payment_intent').notNull(),
    ordinal: integer('ordinal').notNull(),
    purpose: text('purpose').$type<MovementPurpose>().notNull(),
    amountMicros: micros('amount_micros').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    doneAt: instant('done_at'),
  },
  (table) => [primaryKey({ columns: [table.paymentIntent, table.ordinal] })],
);

export const stripeCustomers = pgTable('stripe_customers', {
  organizationId: text('organization_id').primaryKey(),
  customerId: text('customer_id').notNull(),
});
