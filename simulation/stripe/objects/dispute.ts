import type Stripe from 'stripe';
import type { Account } from '../account.ts';
import { found } from '../account.ts';
import { invalid } from '../errors.ts';

const ANSWER_SECONDS = 14 * 86_400;
const FEE = 1_500;

export interface NewDispute {
  readonly paymentIntent: string;
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  /** An inquiry only asks: no money moves. */
  readonly inquiry?: boolean | undefined;
}

/** The owner of a card takes a payment back through their bank. */
export function openDispute(account: Account, fields: NewDispute): Stripe.Dispute {
  const intent = account.intent(fields.paymentIntent, 'payment_intent');
  const charge = found(account.charges, 'charge', String(intent.latest_charge), 'charge');
  if (!charge.paid) throw invalid('An unpaid charge cannot be disputed.');
  const dispute = {
    id: account.id('du'),
    object: 'dispute',
    amount: fields.amount ?? charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: account.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: {},
    evidence_details: {
      due_by: account.now() + ANSWER_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: fields.inquiry === true,
    livemode: false,
    metadata: {},
    network_reason_code: '10.4',
    payment_intent: intent.id,
    reason: fields.reason ?? 'fraudulent',
    status: fields.inquiry ? 'warning_needs_response' : 'needs_response',
  } as unknown as Stripe.Dispute;
  account.disputes.set(dispute.id, dispute);
  charge.disputed = true;
  account.events.emit('charge.dispute.created', dispute);
  if (!fields.inquiry) move(account, dispute, -dispute.amount, FEE, 'funds_withdrawn');
  return dispute;
}

/** What became of it. Only `won` brings the money back. */
export function closeDispute(
  account: Account,
  dispute: Stripe.Dispute,
  status: 'won' | 'lost' | 'warning_closed',
): void {
  mustBeOpen(dispute);
  const inquiry = dispute.status.startsWith('warning_');
  if (inquiry !== (status === 'warning_closed')) throw invalid('That is no end of such a dispute.');
  dispute.status = status;
  account.events.emit('charge.dispute.closed', dispute);
  if (status === 'won') move(account, dispute, dispute.amount, 0, 'funds_reinstated');
}

function mustBeOpen({ status }: Stripe.Dispute): void {
  if (['won', 'lost', 'warning_closed'].includes(status)) {
    throw invalid('This dispute is already closed.');
  }
}

/** It moved on, without an end: evidence was sent. */
export function reviewDispute(account: Account, dispute: Stripe.Dispute): void {
  mustBeOpen(dispute);
  const inquiry = dispute.status.startsWith('warning_');
  dispute.status = inquiry ? 'warning_under_review' : 'under_review';
  account.events.emit('charge.dispute.updated', dispute);
}

function move(
  account: Account,
  dispute: Stripe.Dispute,
  amount: number,
  fee: number,
  what: 'funds_withdrawn' | 'funds_reinstated',
): void {
  const transaction = {
    id: account.id('txn'),
    object: 'balance_transaction',
    amount,
    created: account.now(),
    currency: dispute.currency,
    fee,
    net: amount - fee,
    source: dispute.id,
    status: 'available',
    type: 'adjustment',
  } as unknown as Stripe.BalanceTransaction;
  dispute.balance_transactions.push(transaction);
  account.events.emit(`charge.dispute.${what}`, dispute);
}
