/**
 * A page and the payment it makes.
 *
 *   open --pays--> complete, paid
 *    |  \--by bank debit--> complete, unpaid --settles--> paid
 *    |  \--card asks its owner--> open, until the owner has answered --agrees--> complete, paid
 *    \--declined--> open            \--expires--> expired, its payment canceled
 */
import type Stripe from 'stripe';
import { type Account, type Card, found } from './account.ts';
import { newCustomer } from './objects/customer.ts';
import { cancel, newIntent } from './objects/payment-intent.ts';
import { confirm } from './pay.ts';

/** @throws StripeFailure 402 when the card is declined; the page stays open then. */
export function payPage(account: Account, session: Stripe.Checkout.Session, card: Card): void {
  const intent = paymentOf(account, session);
  session.payment_intent = intent.id;
  confirm(account, intent, card, { offSession: false, errorOnRequiresAction: false });
  if (intent.status !== 'requires_action') complete(account, session, intent);
}

/** The owner of the card has agreed to the payment: its page, if it has one, is done. */
export function completePageOf(account: Account, intent: Stripe.PaymentIntent): void {
  const session = [...account.sessions.values()].find((one) => one.payment_intent === intent.id);
  if (session?.status === 'open') complete(account, session, intent);
}

function complete(
  account: Account,
  session: Stripe.Checkout.Session,
  intent: Stripe.PaymentIntent,
): void {
  session.status = 'complete';
  session.url = null;
  session.payment_status = intent.status === 'succeeded' ? 'paid' : 'unpaid';
  account.events.emit('checkout.session.completed', session);
}

/** Made when somebody first tries to pay; a page has one payment. */
function paymentOf(account: Account, session: Stripe.Checkout.Session): Stripe.PaymentIntent {
  if (typeof session.payment_intent === 'string') return account.intent(session.payment_intent);
  const order = found(account.orders, 'order', session.id);
  if (session.customer === null && order.setupFutureUsage !== null) {
    session.customer = newCustomer(account, {}).id;
  }
  return newIntent(account, {
    ...order,
    amount: session.amount_total ?? 0,
    currency: session.currency ?? '',
    customer: typeof session.customer === 'string' ? session.customer : null,
  });
}

/** Closes an open page; one that is paid stays as it is. True when it was open. */
export function expirePage(account: Account, session: Stripe.Checkout.Session): boolean {
  if (session.status !== 'open') return false;
  session.status = 'expired';
  session.url = null;
  account.events.emit('checkout.session.expired', session);
  if (typeof session.payment_intent === 'string') {
    cancel(account, account.intent(session.payment_intent), 'abandoned');
  }
  return true;
}
