import type Stripe from 'stripe';
import type { Account } from '../account.ts';

export interface NewIntent {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata: Stripe.Metadata;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly receiptEmail: string | null;
}

/** A payment that nobody has tried to make yet. */
export function newIntent(account: Account, fields: NewIntent): Stripe.PaymentIntent {
  const id = account.id('pi');
  const intent: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: fields.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_simulated`,
    confirmation_method: 'automatic',
    created: account.now(),
    currency: fields.currency,
    customer: fields.customer,
    customer_account: null,
    description: fields.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: fields.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: fields.receiptEmail,
    review: null,
    setup_future_usage: fields.setupFutureUsage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
  account.intents.set(id, intent);
  account.events.emit('payment_intent.created', intent);
  return intent;
}

/** Ends a payment that was not made: no card can be tried with it any more. */
export function cancel(
  account: Account,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): void {
  intent.status = 'canceled';
  intent.next_action = null;
  intent.canceled_at = account.now();
  intent.cancellation_reason = reason;
  account.events.emit('payment_intent.canceled', intent);
}
