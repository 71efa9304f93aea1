import { z } from 'zod';
import { micros } from './fields.ts';

const topUpData = z.object({
  top_up_id: z.string(),
  organization_id: z.string(),
  wallet_id: z.string(),
  state: z.string(),
  credit_micros: micros,
  bonus_micros: micros,
  charge_minor: z.int().describe('What the card was to pay, in the smallest unit.'),
  charge_currency: z.string(),
  receipt_url: z.string().optional(),
  failure_code: z.string().optional(),
});

const refusedData = z.object({
  payment_intent: z.string(),
  top_up_id: z.string().optional(),
  reason: z.string(),
});

const rechargeFields = { wallet_id: z.string(), organization_id: z.string() };
const attempt_id = z.string().describe('The attempt, which is a top-up: `GET /v1/top_ups/{id}`.');
const reason = z
  .string()
  .describe("Stripe's decline code, or `card_gone`, `canceled`, `invalid_request`, `no_answer`.");

const rechargeData = {
  succeeded: z.object({
    ...rechargeFields,
    attempt_id,
    amount_micros: micros,
    currency: z.string(),
    receipt_url: z.string().optional(),
  }),
  failed: z.object({
    ...rechargeFields,
    attempt_id,
    amount_micros: micros,
    currency: z.string(),
    reason,
    failures: z.int().describe('In a row, with this one.'),
    retry_at: z.string().optional().describe('Absent: it is not tried again by itself.'),
  }),
  actionRequired: z.object({
    ...rechargeFields,
    amount_micros: micros,
    currency: z.string(),
    url: z.string().describe("The page on which the card's owner confirms; open for a day."),
  }),
  stopped: z.object({ ...rechargeFields, reason }),
  capped: z.object({
    ...rechargeFields,
    cap: z.enum(['daily', 'monthly']),
    until: z.string().describe('When it goes on, if it is still needed.'),
  }),
};

const changed = (meaning: string) => ({ meaning, data: topUpData });

export const paymentEvents = {
  'top_up.succeeded': changed('It was paid and the wallet has the money.'),
  'top_up.failed': changed('The payment failed.'),
  'top_up.expired': changed('Nobody paid in time.'),
  'top_up.partly_refunded': changed('A part was given back.'),
  'top_up.refunded': changed('All of it was given back.'),
  'top_up.disputed': changed('The payer disputes it: the amount is frozen.'),
  'top_up.won': changed('The dispute was won: the wallet has the amount again.'),
  'top_up.lost': changed('The dispute was lost: the amount is gone.'),
  'payment.refused': {
    meaning:
      'Money came in that nobody ordered like this. It was not credited; somebody has to look.',
    data: refusedData,
  },
  'auto_recharge.succeeded': {
    meaning:
      'The saved card was charged and the wallet has the money; `top_up.succeeded` comes too.',
    data: rechargeData.succeeded,
  },
  'auto_recharge.failed': {
    meaning: 'A charge of the saved card failed.',
    data: rechargeData.failed,
  },
  'auto_recharge.action_required': {
    meaning: "The card's owner has to confirm; nothing is charged until then.",
    data: rechargeData.actionRequired,
  },
  'auto_recharge.stopped': {
    meaning: 'It failed too often, or its card is gone. It does not go on until it is set again.',
    data: rechargeData.stopped,
  },
  'auto_recharge.capped': {
    meaning: 'The wallet needs money, and a cap of the day or the month leaves no room for it.',
    data: rechargeData.capped,
  },
} as const;
