/** Auto-recharges and their attempts as the rest of the program sees them, and as they lie in rows. */
import type { NewEvent } from '../notifications/outbox.ts';
import type { AutoRechargeStatus, RechargeCap } from '../schema/auto-recharges.ts';
import { type TopUp, type TopUpRow, topUpFromRow } from './top-ups.ts';

/** What its owner sets. Caps count what was charged or may still be; null: none. */
export interface AutoRechargeTerms {
  thresholdMicros: number;
  /** One of the two is null. */
  amountMicros: number | null;
  targetMicros: number | null;
  dailyMaxMicros: number | null;
  monthlyMaxMicros: number | null;
  dailyMaxCount: number | null;
  monthlyMaxCount: number | null;
  /** Most credit while the card is being charged, if there are live calls; 0: none. */
  bridgeMicros: number;
  coolOffSeconds: number;
  /** Declines in a row. */
  failuresMax: number;
  returnUrl: string;
}

export interface SavedCard {
  customerId: string;
  /** Null: the one that the customer saved last. */
  paymentMethod: string | null;
  cardBrand: string | null;
  cardLast4: string | null;
}

export interface AutoRecharge extends AutoRechargeTerms, SavedCard {
  walletId: string;
  organizationId: string;
  status: AutoRechargeStatus;
  stoppedReason: string | null;
  /** Of the last attempt. */
  attemptId: string | null;
  confirmTopUpId: string | null;
  failures: number;
  /** Null while spendable is above the threshold, by the ledger. */
  belowSince: Date | null;
  notBefore: Date;
  capped: RechargeCap | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What an outcome changes. */
export type RechargeChanges = Partial<
  Pick<
    AutoRecharge,
    | 'status'
    | 'stoppedReason'
    | 'attemptId'
    | 'confirmTopUpId'
    | 'failures'
    | 'notBefore'
    | 'capped'
    | 'paymentMethod'
    | 'cardBrand'
    | 'cardLast4'
  >
>;

/** A change, and what tells of it: written together. */
export interface RechargeChange {
  readonly changes: RechargeChanges;
  readonly events: readonly NewEvent[];
}

/** What was charged in a span, or may still be. */
export interface RechargeUsage {
  readonly micros: number;
  readonly count: number;
}

/** An order that is charged without the card's owner. */
export interface RechargeAttempt extends TopUp {
  customerId: string;
  paymentMethod: string;
  /** How often its outcome was asked for in vain. */
  askedTimes: number;
  /** Credit until Stripe has answered; 0: none. */
  bridgeMicros: number;
}

export interface AutoRechargeRow {
  wallet_id: string;
  organization_id: string;
  threshold_micros: number;
  amount_micros: number | null;
  target_micros: number | null;
  daily_max_micros: number | null;
  monthly_max_micros: number | null;
  daily_max_count: number | null;
  monthly_max_count: number | null;
  bridge_micros: number;
  cool_off_seconds: number;
  failures_max: number;
  return_url: string;
  customer_id: string;
  payment_method: string | null;
  card_brand: string | null;
  card_last4: string | null;
  status: AutoRechargeStatus;
  stopped_reason: string | null;
  attempt_id: string | null;
  confirm_top_up_id: string | null;
  failures: number;
  below_since: Date | null;
  not_before: Date;
  capped: RechargeCap | null;
  created_at: Date;
  updated_at: Date;
}

export interface AttemptRow extends TopUpRow {
  customer_id: string;
  payment_method: string;
  asked_times: number;
  bridge_micros: number;
}

export function autoRechargeFromRow(row: AutoRechargeRow): AutoRecharge {
  return {
    walletId: row.wallet_id,
    organizationId: row.organization_id,
    thresholdMicros: row.threshold_micros,
    amountMicros: row.amount_micros,
    targetMicros: row.target_micros,
    dailyMaxMicros: row.daily_max_micros,
    monthlyMaxMicros: row.monthly_max_micros,
    dailyMaxCount: row.daily_max_count,
    monthlyMaxCount: row.monthly_max_count,
    bridgeMicros: row.bridge_micros,
    coolOffSeconds: row.cool_off_seconds,
    failuresMax: row.failures_max,
    returnUrl: row.return_url,
    customerId: row.customer_id,
    paymentMethod: row.payment_method,
    cardBrand: row.card_brand,
    cardLast4: row.card_last4,
    status: row.status,
    stoppedReason: row.stopped_reason,
    attemptId: row.attempt_id,
    confirmTopUpId: row.confirm_top_up_id,
    failures: row.failures,
    belowSince: row.below_since,
    notBefore: row.not_before,
    capped: row.capped,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function attemptFromRow(row: AttemptRow): RechargeAttempt {
  return {
    ...topUpFromRow(row),
    customerId: row.customer_id,
    paymentMethod: row.payment_method,
    askedTimes: row.asked_times,
    bridgeMicros: row.bridge_micros,
  };
}
