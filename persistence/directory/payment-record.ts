/** Payments and their movements as the rest of the program sees them, and as they lie in rows. */
import type { MovementPurpose } from '../schema/payments.ts';
import type { TopUp } from './top-ups.ts';

export interface PaymentRefund {
  amountMinor: number;
  failed: boolean;
  /** Absent in rows of an earlier release: not known to be. */
  settled?: boolean;
}

export interface PaymentDispute {
  amountMinor: number;
  status: string;
  /** Epoch seconds of that word; absent in rows of an earlier release. */
  at?: number;
  /** The most that was ever disputed; absent as well. */
  mostMinor?: number;
}

export interface Payment {
  paymentIntent: string;
  topUpId: string | null;
  /** Paid as it was ordered: it is credited. */
  accepted: boolean;
  /** Why it was not, the last time somebody said that it was paid. */
  refused: string | null;
  /** The most that the charge ever said was given back. */
  refundedMinor: number;
  /** By their ids. */
  refunds: Record<string, PaymentRefund>;
  disputes: Record<string, PaymentDispute>;
  /** Of the charge that was paid. */
  receiptUrl: string | null;
}

export interface Movement {
  paymentIntent: string;
  ordinal: number;
  purpose: MovementPurpose;
  amountMicros: number;
  done: boolean;
}

export interface PaymentFile {
  payment: Payment;
  topUp: TopUp | undefined;
  /** In the order in which they were decided. */
  movements: readonly Movement[];
}

export interface PaymentDecision {
  payment: Payment;
  movements: readonly Pick<Movement, 'purpose' | 'amountMicros'>[];
  /** Stripe has to be asked how a refund or a dispute of it goes on. */
  undecided: boolean;
}

/** How many payments wait for somebody to look at them, or for a better moment. */
export interface WaitingPayments {
  refused: number;
  putOff: number;
}

export interface PaymentRow {
  payment_intent: string;
  top_up_id: string | null;
  accepted: boolean;
  refused: string | null;
  refunded_minor: number;
  refunds: Record<string, PaymentRefund>;
  disputes: Record<string, PaymentDispute>;
  receipt_url: string | null;
}

export interface MovementRow {
  payment_intent: string;
  ordinal: number;
  purpose: MovementPurpose;
  amount_micros: number;
  done_at: Date | null;
}

export function paymentFromRow(row: PaymentRow): Payment {
  return {
    paymentIntent: row.payment_intent,
    topUpId: row.top_up_id,
    accepted: row.accepted,
    refused: row.refused,
    refundedMinor: row.refunded_minor,
    refunds: row.refunds,
    disputes: row.disputes,
    receiptUrl: row.receipt_url,
  };
}

export function movementFromRow(row: MovementRow): Movement {
  return {
    paymentIntent: row.payment_intent,
    ordinal: row.ordinal,
    purpose: row.purpose,
    amountMicros: row.amount_micros,
    done: row.done_at !== null,
  };
}
