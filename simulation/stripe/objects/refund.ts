import type Stripe from 'stripe';
import type { Account } from '../account.ts';
import { found } from '../account.ts';
import { invalid } from '../errors.ts';

export interface NewRefund {
  readonly charge: string;
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  readonly metadata: Stripe.Metadata;
}

/** Gives back what is left of a charge, or a part of it; to a bank account it takes its time. */
export function newRefund(account: Account, fields: NewRefund): Stripe.Refund {
  const charge = found(account.charges, 'charge', fields.charge, 'charge');
  const left = charge.amount_captured - charge.amount_refunded;
  const amount = fields.amount ?? left;
  if (charge.refunded) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  if (hasOpenDispute(account, charge)) {
    throw invalid(`Charge ${charge.id} has been charged back.`, { code: 'charge_disputed' });
  }
  if (amount < 1 || amount > left) {
    const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
    throw invalid(message, { param: 'amount' });
  }
  const refund: Stripe.Refund = {
    id: account.id('re'),
    object: 'refund',
    amount,
    balance_transaction: account.id('txn'),
    charge: charge.id,
    created: account.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { card: { type: 'refund', reference_status: 'pending' }, type: 'card' },
    metadata: fields.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: fields.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: charge.payment_method_details?.type === 'us_bank_account' ? 'pending' : 'succeeded',
    transfer_reversal: null,
  };
  account.refunds.set(refund.id, refund);
  account.events.emit('refund.created', refund);
  count(account, charge, amount);
  const { settleMs } = account.options;
  if (settleMs !== undefined) account.clock.after(settleMs, () => settleRefund(account, refund));
  return refund;
}

/** A refund that was under way has arrived. False when it was not. */
export function settleRefund(account: Account, refund: Stripe.Refund): boolean {
  if (refund.status !== 'pending') return false;
  refund.status = 'succeeded';
  account.events.emit('refund.updated', refund);
  return true;
}

/** The customer's bank did not take the money, and Stripe has it again. */
export function failRefund(account: Account, refund: Stripe.Refund): void {
  if (refund.status === 'failed') throw invalid('This refund has failed already.');
  const charge = found(account.charges, 'charge', String(refund.charge), 'charge');
  refund.status = 'failed';
  refund.failure_reason = 'lost_or_stolen_card';
  account.events.emit('refund.failed', refund);
  account.events.emit('charge.refund.updated', refund);
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
}

function count(account: Account, charge: Stripe.Charge, amount: number): void {
  const before = { amount_refunded: charge.amount_refunded, refunded: charge.refunded };
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount_captured;
  account.events.emit('charge.refunded', charge, before);
}

function hasOpenDispute(account: Account, charge: Stripe.Charge): boolean {
  return [...account.disputes.values()].some(
    ({ charge: id, status }) => id === charge.id && !['won', 'warning_closed'].includes(status),
  );
}
