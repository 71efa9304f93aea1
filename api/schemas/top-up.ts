import { z } from '@hono/zod-openapi';
import { microsOf } from '../../payments/index.ts';
import type { TopUp, TopUpPackage } from '../../persistence/index.ts';
import { idSchema, nameSchema } from './common.ts';
import { currencySchema } from './currency.ts';
import { amountSchema, microsSchema, nonNegativeMicrosSchema } from './money.ts';

const URL_LENGTH_MAX = 2000;
const NO_URL = 'must be an http:// or https:// URL';
const MINOR = 'In the smallest unit of the currency, as cards are charged.';

export const pageUrl = z
  .string()
  .max(URL_LENGTH_MAX, `must have at most ${URL_LENGTH_MAX} characters`)
  .regex(/^https?:\/\/[\x21-\x7e]+$/, { error: NO_URL, abort: true })
  .refine((text) => URL.canParse(text), NO_URL)
  .openapi({ example: 'https://app.example.com/billing' });

export const newTopUpSchema = z
  .strictObject({
    amount_micros: amountSchema.optional().openapi({
      description: "A free amount in the wallet's currency, one for one.",
    }),
    package_id: idSchema.optional().openapi({ description: 'Instead of an amount.' }),
    save_card: z.boolean('must be true or false').optional().openapi({
      description: 'Keeps the card, so that it can be charged later without its owner.',
    }),
    success_url: pageUrl.openapi({
      description: 'Where the payer comes back to; {CHECKOUT_SESSION_ID} is filled in.',
    }),
    cancel_url: pageUrl.optional().openapi({ description: 'Default: success_url.' }),
  })
  .refine((body) => (body.amount_micros === undefined) !== (body.package_id === undefined), {
    path: ['amount_micros'],
    message: 'must be there, or package_id, and not both',
  })
  .openapi('NewTopUp');

export const TOP_UP_ORIGINS = ['order', 'auto_recharge'] as const;

export const topUpSchema = z
  .object({
    id: z.string(),
    origin: z.enum(TOP_UP_ORIGINS),
    organization_id: z.string(),
    wallet_id: z.string(),
    package_id: z.string().optional(),
    title: z.string(),
    state: z.enum([
      'created',
      'pending',
      'succeeded',
      'failed',
      'expired',
      'partly_refunded',
      'refunded',
      'disputed',
      'won',
      'lost',
    ]),
    charge_minor: z.int().openapi({ description: MINOR, example: 2500 }),
    charge_micros: microsSchema,
    charge_currency: z.string(),
    credit_micros: microsSchema.openapi({ description: 'What the wallet gets.' }),
    bonus_micros: microsSchema,
    url: z.string().optional().openapi({ description: 'The page to pay on, while it is open.' }),
    checkout_session_id: z.string().optional(),
    payment_intent: z.string().optional(),
    failure_code: z.string().optional().openapi({ description: 'Of the last declined card.' }),
    receipt_url: z.string().optional().openapi({ description: "Stripe's own receipt." }),
    created_at: z.string(),
    paid_at: z.string().optional(),
  })
  .openapi('TopUp');

export function topUpBody(topUp: TopUp) {
  const open = topUp.state === 'created' || topUp.state === 'pending';
  return {
    id: topUp.id,
    origin: topUp.origin,
    organization_id: topUp.organizationId,
    wallet_id: topUp.walletId,
    ...(topUp.packageId !== null && { package_id: topUp.packageId }),
    title: topUp.title,
    state: topUp.state,
    charge_minor: topUp.chargeMinor,
    charge_micros: microsOf(topUp.chargeMinor, topUp.chargeCurrency),
    charge_currency: topUp.chargeCurrency,
    credit_micros: topUp.creditMicros,
    bonus_micros: topUp.bonusMicros,
    ...(open && topUp.checkoutUrl !== null && { url: topUp.checkoutUrl }),
    ...(topUp.checkoutSessionId !== null && { checkout_session_id: topUp.checkoutSessionId }),
    ...(topUp.paymentIntent !== null && { payment_intent: topUp.paymentIntent }),
    ...(topUp.failureCode !== null && { failure_code: topUp.failureCode }),
    ...(topUp.receiptUrl !== null && { receipt_url: topUp.receiptUrl }),
    created_at: topUp.createdAt.toISOString(),
    ...(topUp.paidAt !== null && { paid_at: topUp.paidAt.toISOString() }),
  };
}

export const newPackageSchema = z
  .strictObject({
    organization_id: idSchema.optional().openapi({
      description: 'Whose wallets may be topped up with it, and those of all below; absent: all.',
    }),
    name: nameSchema,
    price_micros: amountSchema,
    price_currency: currencySchema,
    credit_micros: amountSchema.openapi({ description: 'What the wallet gets.' }),
    wallet_currency: currencySchema.optional().openapi({ description: 'Default: price_currency.' }),
    bonus_micros: nonNegativeMicrosSchema.optional(),
  })
  .openapi('NewPackage');

export const packageSchema = z
  .object({
    id: z.string(),
    organization_id: z.string().nullable(),
    name: z.string(),
    price_micros: microsSchema,
    price_currency: z.string(),
    credit_micros: microsSchema,
    wallet_currency: z.string(),
    bonus_micros: microsSchema,
    active: z.boolean(),
  })
  .openapi('Package');

export function packageBody(one: TopUpPackage) {
  return {
    id: one.id,
    organization_id: one.organizationId,
    name: one.name,
    price_micros: one.priceMicros,
    price_currency: one.priceCurrency,
    credit_micros: one.creditMicros,
    wallet_currency: one.walletCurrency,
    bonus_micros: one.bonusMicros,
    active: one.active,
  };
}
