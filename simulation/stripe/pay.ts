/**
 * Charging a card for a payment intent.
 *
 *   requires_payment_method --pays--> succeeded
 *     |    ^    |   |
 *     |    |    |   +--a bank debit--> processing --settles--> succeeded
 *     |    |    |                           |
 *     |    +----+----declined---------------+
 *     +--asks its owner--> requires_action --answers--> succeeded
 */
import type Stripe from 'stripe';
import { type Account, type Card, found } from './account.ts';
import { CARD_MESSAGES } from './cards.ts';
import { invalid, StripeFailure } from './errors.ts';
import { newCharge } from './objects/charge.ts';
import { attach } from './objects/customer.ts';

export interface Terms {
  /** The owner of the card is not there to be asked. */
  readonly offSession: boolean;
  readonly errorOnRequiresAction: boolean;
}

/** @throws StripeFailure 402 with the payment intent when the card is declined */
export function confirm(
  account: Account,
  intent: Stripe.PaymentIntent,
  card: Card,
  terms: Terms,
): void {
  if (intent.status !== 'requires_payment_method' && intent.status !== 'requires_confirmation') {
    throw invalid(
      `You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`,
      { code: 'payment_intent_unexpected_state' },
    );
  }
  const { outcome } = card;
  intent.payment_method = card.object.id;
  if (outcome.kind === 'succeeds') succeed(account, intent, card);
  else if (outcome.kind === 'delayed') delay(account, intent, card);
  else if (outcome.kind === 'declines') {
    throw decline(account, intent, card, outcome.code, outcome.declineCode);
  } else if (terms.offSession || terms.errorOnRequiresAction) {
    const code = 'authentication_required';
    throw decline(account, intent, card, code, code);
  } else {
    ask(account, intent);
  }
}

function succeed(account: Account, intent: Stripe.PaymentIntent, card: Card): void {
  account.events.emit('charge.succeeded', newCharge(account, intent, card, 'succeeded'));
  paid(account, intent, card);
}

function paid(account: Account, intent: Stripe.PaymentIntent, card: Card): void {
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  intent.last_payment_error = null;
  intent.next_action = null;
  intent.processing = null;
  if (intent.setup_future_usage !== null && typeof intent.customer === 'string') {
    attach(account, card, intent.customer);
  }
  account.events.emit('payment_intent.succeeded', intent);
}

function delay(account: Account, intent: Stripe.PaymentIntent, card: Card): void {
  newCharge(account, intent, card, 'pending');
  intent.status = 'processing';
  intent.processing = { type: 'us_bank_account' } as unknown as Stripe.PaymentIntent.Processing;
  account.events.emit('payment_intent.processing', intent);
  const { settleMs } = account.options;
  if (settleMs !== undefined) account.clock.after(settleMs, () => settle(account, intent, true));
}

function ask(account: Account, intent: Stripe.PaymentIntent): void {
  intent.status = 'requires_action';
  intent.next_action = {
    type: 'redirect_to_url',
    redirect_to_url: { url: `${account.url}/c/authenticate/${intent.id}`, return_url: null },
  };
  account.events.emit('payment_intent.requires_action', intent);
}

/** The owner of the card answered on the authentication page. */
export function answer(account: Account, intent: Stripe.PaymentIntent, agreed: boolean): void {
  const card = account.card(String(intent.payment_method), 'payment_method');
  if (intent.status !== 'requires_action') throw invalid('Nothing is asked about this payment.');
  if (agreed) {
    succeed(account, intent, card);
    return;
  }
  decline(
    account,
    intent,
    card,
    'payment_intent_authentication_failure',
    'authentication_required',
  );
}

/** A bank debit came through, or did not. False when nothing was on its way. */
export function settle(
  account: Account,
  intent: Stripe.PaymentIntent,
  succeeded: boolean,
): boolean {
  if (intent.status !== 'processing') return false;
  const card = account.card(String(intent.payment_method), 'payment_method');
  const charge = found(account.charges, 'charge', String(intent.latest_charge), 'charge');
  const session = [...account.sessions.values()].find((one) => one.payment_intent === intent.id);
  if (succeeded) {
    Object.assign(charge, { status: 'succeeded', paid: true, captured: true });
    charge.amount_captured = charge.amount;
    account.events.emit('charge.succeeded', charge);
    paid(account, intent, card);
    if (session !== undefined) session.payment_status = 'paid';
  } else {
    charge.status = 'failed';
    decline(account, intent, card, 'payment_intent_payment_attempt_failed', 'insufficient_funds');
  }
  const outcome = succeeded ? 'succeeded' : 'failed';
  if (session !== undefined)
    account.events.emit(`checkout.session.async_payment_${outcome}`, session);
  return true;
}

function decline(
  account: Account,
  intent: Stripe.PaymentIntent,
  card: Card,
  code: string,
  declineCode: string,
): StripeFailure {
  const charge = newCharge(account, intent, card, 'failed');
  const message = CARD_MESSAGES[declineCode] ?? 'Your card was declined.';
  const failure = { code, decline_code: declineCode, message, charge: charge.id } as const;
  charge.failure_code = code;
  charge.failure_message = message;
  account.events.emit('charge.failed', charge);
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.processing = null;
  intent.last_payment_error = {
    type: 'card_error',
    ...failure,
    payment_method: card.object,
  } as Stripe.PaymentIntent.LastPaymentError;
  account.events.emit('payment_intent.payment_failed', intent);
  const told = structuredClone(intent);
  return new StripeFailure(402, { type: 'card_error', ...failure, payment_intent: told });
}
