import { z } from '@hono/zod-openapi';
import type {
  AutoRecharge,
  AutoRechargeTerms,
  RechargeUsages,
  TopUp,
} from '../../persistence/index.ts';
import { amountSchema, microsSchema, nonNegativeMicrosSchema } from './money.ts';
import { pageUrl } from './top-up.ts';

const DAILY_COUNT = 10;
const MONTHLY_COUNT = 100;
const COOL_OFF_SECONDS = 60;
const FAILURES = 4;

const whole = (min: number, max: number) =>
  z
    .int('must be an integer')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);

export const autoRechargeTermsSchema = z
  .strictObject({
    threshold_micros: nonNegativeMicrosSchema.openapi({
      description: 'Charged while `spendable_micros` of the wallet is at or under this.',
    }),
    amount_micros: amountSchema.optional().openapi({
      description: 'So much, as often as it takes to be above the threshold, in one charge.',
    }),
    target_micros: amountSchema.optional().openapi({
      description: 'Instead of an amount: what is missing for spendable to be this.',
    }),
    daily_max_micros: amountSchema.nullable().optional().openapi({
      description: 'Most that is charged in a day of UTC. Default: null, no cap.',
    }),
    monthly_max_micros: amountSchema.nullable().optional().openapi({
      description: 'The same in a month.',
    }),
    daily_max_count: whole(1, 1000)
      .nullable()
      .optional()
      .openapi({
        description: `Most charges in a day of UTC. Default ${DAILY_COUNT}; null: no cap.`,
      }),
    monthly_max_count: whole(1, 10_000)
      .nullable()
      .optional()
      .openapi({
        description: `The same in a month. Default ${MONTHLY_COUNT}; null: no cap.`,
      }),
    bridge_micros: nonNegativeMicrosSchema.optional().openapi({
      description:
        'Most credit that the wallet gets while its card is being charged, if it has live calls; taken ' +
        'back when Stripe has answered. Only the platform sets it; left out, it stays as it is, at ' +
        'first 0.',
    }),
    cool_off_seconds: whole(0, 86_400)
      .optional()
      .openapi({
        description: `From a charge that succeeded to the next one, at least. Default ${COOL_OFF_SECONDS}.`,
      }),
    failures_max: whole(1, 10)
      .optional()
      .openapi({
        description: `Declines in a row after which it stops. Default ${FAILURES}.`,
      }),
    payment_method: z.string().min(1).max(255).optional().openapi({
      description: 'A saved card, by its id at Stripe. Default: the one that was saved last.',
    }),
    return_url: pageUrl.openapi({
      description: "Where the card's owner comes back to, should a charge have to be confirmed.",
    }),
  })
  .refine((body) => (body.amount_micros === undefined) !== (body.target_micros === undefined), {
    path: ['amount_micros'],
    message: 'must be there, or target_micros, and not both',
  })
  .refine(
    (body) => body.target_micros === undefined || body.target_micros > body.threshold_micros,
    { path: ['target_micros'], message: 'must be above threshold_micros' },
  )
  .openapi('AutoRechargeTerms');

const usageSchema = z.object({ micros: microsSchema, count: z.int() });

export const autoRechargeSchema = z
  .object({
    wallet_id: z.string(),
    organization_id: z.string(),
    threshold_micros: microsSchema,
    amount_micros: microsSchema.optional(),
    target_micros: microsSchema.optional(),
    daily_max_micros: microsSchema.nullable(),
    monthly_max_micros: microsSchema.nullable(),
    daily_max_count: z.int().nullable(),
    monthly_max_count: z.int().nullable(),
    bridge_micros: microsSchema,
    cool_off_seconds: z.int(),
    failures_max: z.int(),
    return_url: z.string(),
    card: z.object({
      payment_method: z.string().nullable(),
      brand: z.string().nullable(),
      last4: z.string().nullable(),
    }),
    status: z.enum(['active', 'action_required', 'stopped']).openapi({
      description:
        "action_required: the card's owner has to confirm at `confirm_url`. stopped: it does not go on " +
        'until it is set again; `stopped_reason` says why.',
    }),
    stopped_reason: z.string().optional(),
    confirm_url: z.string().optional(),
    failures: z.int().openapi({ description: 'In a row.' }),
    used: z
      .object({ day: usageSchema, month: usageSchema })
      .openapi({ description: 'What the caps count: what was charged, and what may still be.' }),
    capped: z.enum(['daily', 'monthly']).optional(),
    not_before: z.string().optional().openapi({
      description: 'No charge before that: cool-off, back-off, or a cap.',
    }),
    last_attempt_id: z.string().optional().openapi({ description: 'A top-up.' }),
    charges_now_micros: microsSchema.optional().openapi({
      description:
        'What saving these terms charges at once, because the wallet is at or under the threshold. ' +
        'Only in the answer to setting them.',
    }),
  })
  .openapi('AutoRecharge');

/** @param bridgeMicros as it was, for who does not set it */
export function termsOf(
  body: z.infer<typeof autoRechargeTermsSchema>,
  bridgeMicros: number,
): AutoRechargeTerms {
  const { daily_max_count: dailyCount, monthly_max_count: monthlyCount } = body;
  return {
    thresholdMicros: body.threshold_micros,
    amountMicros: body.amount_micros ?? null,
    targetMicros: body.target_micros ?? null,
    dailyMaxMicros: body.daily_max_micros ?? null,
    monthlyMaxMicros: body.monthly_max_micros ?? null,
    dailyMaxCount: dailyCount === undefined ? DAILY_COUNT : dailyCount,
    monthlyMaxCount: monthlyCount === undefined ? MONTHLY_COUNT : monthlyCount,
    bridgeMicros: body.bridge_micros ?? bridgeMicros,
    coolOffSeconds: body.cool_off_seconds ?? COOL_OFF_SECONDS,
    failuresMax: body.failures_max ?? FAILURES,
    returnUrl: body.return_url,
  };
}

export interface RechargeView {
  readonly recharge: AutoRecharge;
  readonly used: RechargeUsages;
  /** The order on whose page a card's owner is to confirm. */
  readonly confirm?: TopUp | undefined;
  readonly chargesNowMicros?: number;
}

export function autoRechargeBody({ recharge, used, confirm, chargesNowMicros }: RechargeView) {
  const { status, stoppedReason, capped, attemptId, notBefore } = recharge;
  const confirmUrl = confirm?.state === 'pending' ? confirm.checkoutUrl : null;
  return {
    wallet_id: recharge.walletId,
    organization_id: recharge.organizationId,
    threshold_micros: recharge.thresholdMicros,
    ...(recharge.amountMicros !== null && { amount_micros: recharge.amountMicros }),
    ...(recharge.targetMicros !== null && { target_micros: recharge.targetMicros }),
    daily_max_micros: recharge.dailyMaxMicros,
    monthly_max_micros: recharge.monthlyMaxMicros,
    daily_max_count: recharge.dailyMaxCount,
    monthly_max_count: recharge.monthlyMaxCount,
    bridge_micros: recharge.bridgeMicros,
    cool_off_seconds: recharge.coolOffSeconds,
    failures_max: recharge.failuresMax,
    return_url: recharge.returnUrl,
    card: {
      payment_method: recharge.paymentMethod,
      brand: recharge.cardBrand,
      last4: recharge.cardLast4,
    },
    status,
    ...(stoppedReason !== null && { stopped_reason: stoppedReason }),
    ...(confirmUrl !== null && { confirm_url: confirmUrl }),
    failures: recharge.failures,
    used,
    ...(capped !== null && { capped }),
    ...(notBefore.getTime() > 0 && { not_before: notBefore.toISOString() }),
    ...(attemptId !== null && { last_attempt_id: attemptId }),
    ...(chargesNowMicros !== undefined && { charges_now_micros: chargesNowMicros }),
  };
}
