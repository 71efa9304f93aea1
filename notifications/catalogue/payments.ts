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

const rechargeData = z.object({
  wallet_id: z.string(),
  organization_id: z.string(),
  amount_micros: micros.optional(),
  attempt_id: z.string().optional(),
  reason: z.string().optional(),
  url: z.string().optional().describe('Where the customer has to confirm.'),
});

const changed = (meaning: string) => ({ meaning, data: topUpData });
const reserved = (meaning: string) => ({ meaning, data: rechargeData, reserved: true as const });

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
  'auto_recharge.succeeded': reserved('The wallet was recharged.'),
  'auto_recharge.failed': reserved('A recharge was declined; it is tried again later.'),
  'auto_recharge.action_required': reserved('The card holder has to confirm.'),
  'auto_recharge.stopped': reserved('It failed too often, or its card is gone; it does not go on.'),
} as const;
