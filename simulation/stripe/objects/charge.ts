import type Stripe from 'stripe';
import type { Account, Card } from '../account.ts';

/** One try to take money from a card: `succeeded`, `pending` (a bank debit) or `failed`. */
export function newCharge(
  account: Account,
  intent: Stripe.PaymentIntent,
  card: Card,
  status: 'succeeded' | 'pending' | 'failed',
): Stripe.Charge {
  const id = account.id('ch');
  const paid = status === 'succeeded';
  const charge: Stripe.Charge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: paid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: paid ? account.id('txn') : null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'SIMULATED',
    captured: paid,
    created: account.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    // Stripe copies the payment's labels to its charges.
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: null,
    paid,
    payment_intent: intent.id,
    payment_method: card.object.id,
    payment_method_details: detailsOf(card),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: `${account.url}/receipts/${id}`,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  };
  account.charges.set(id, charge);
  intent.latest_charge = id;
  return charge;
}

function detailsOf(card: Card): Stripe.Charge.PaymentMethodDetails {
  const { type } = card.object;
  if (type !== 'card') return { type };
  const { brand = 'visa', last4 = '4242' } = card.object.card ?? {};
  const details: Pick<Stripe.Charge.PaymentMethodDetails.Card, 'brand' | 'last4'> = {
    brand,
    last4,
  };
  return { type, card: details as Stripe.Charge.PaymentMethodDetails.Card };
}
