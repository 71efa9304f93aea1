import type Stripe from 'stripe';
import type { Reply, Request, Route } from '../providers/http/route.ts';
import { RequestError } from '../providers/http/route.ts';
import { type Account, found } from './account.ts';
import { testCard } from './cards.ts';
import { completePageOf, expirePage, payPage } from './checkout.ts';
import { StripeFailure } from './errors.ts';
import { newCard } from './objects/customer.ts';
import { page } from './page.ts';
import { answer } from './pay.ts';

/** What a visitor may choose: the value of the button, what it says, and the card it pays with. */
const CHOICES = [
  ['pay', 'Pay', 'visa'],
  ['pay_later', 'Pay by bank debit', 'us_bankAccount_success'],
  ['pay_expiring', 'Pay with a card that declines later', 'chargeCustomerFail'],
  ['pay_asking', 'Pay with a card whose bank asks', 'authenticationRequired'],
  ['decline', 'Try a card that is declined', 'visa_chargeDeclinedInsufficientFunds'],
] as const;

/** The pages to which Stripe would send a browser. */
export function pageRoutes(account: Account): Route[] {
  const session = ({ parameters }: Request) =>
    found(account.sessions, 'checkout.session', parameters.id ?? '');
  return [
    {
      method: 'GET',
      path: /^\/c\/pay\/(?<id>cs_test_[0-9a-f]{1,64})$/,
      handle: (request) => showSession(account, session(request)),
    },
    {
      method: 'POST',
      path: /^\/c\/pay\/(?<id>cs_test_[0-9a-f]{1,64})$/,
      handle: (request) => choose(account, session(request), request),
    },
    {
      method: 'GET',
      path: /^\/c\/authenticate\/(?<id>pi_[0-9a-f]{1,64})$/,
      handle: ({ parameters }) => showQuestion(account.intent(parameters.id ?? '')),
    },
    {
      method: 'POST',
      path: /^\/c\/authenticate\/(?<id>pi_[0-9a-f]{1,64})$/,
      handle(request) {
        const intent = account.intent(request.parameters.id ?? '');
        answer(account, intent, outcomeOf(request) === 'agree');
        if (intent.status === 'succeeded') completePageOf(account, intent);
        return { status: 200, html: page('Answered', `<p>The payment is ${intent.status}.</p>`) };
      },
    },
    {
      method: 'GET',
      path: /^\/receipts\/(?<id>ch_[0-9a-f]{1,64})$/,
      handle({ parameters }) {
        const charge = found(account.charges, 'charge', parameters.id ?? '');
        const text = `<p>${charge.amount} ${charge.currency}, ${charge.status}</p>`;
        return { status: 200, html: page('Receipt', text) };
      },
    },
  ];
}

function outcomeOf(request: Request): string {
  return new URLSearchParams(request.body).get('outcome') ?? 'pay';
}

function showSession(account: Account, session: Stripe.Checkout.Session, fault?: string): Reply {
  if (session.status !== 'open') {
    return { status: 410, html: page('Closed', `<p>This page is ${session.status}.</p>`) };
  }
  const order = account.orders.get(session.id);
  const buttons = [...CHOICES.map(([value, text]) => [value, text]), ['cancel', 'Cancel']];
  const text = `${session.amount_total} ${session.currency} in its smallest unit`;
  return {
    status: fault === undefined ? 200 : 402,
    html: page(order?.name ?? 'Payment', `<p>${text}</p>`, buttons, fault),
  };
}

function choose(account: Account, session: Stripe.Checkout.Session, request: Request): Reply {
  const outcome = outcomeOf(request);
  if (session.status !== 'open') return showSession(account, session);
  if (outcome === 'cancel') return redirect(session.cancel_url, session);
  if (outcome === 'expire') {
    expirePage(account, session);
    return showSession(account, session);
  }
  const card = CHOICES.find(([value]) => value === outcome)?.[2];
  if (card === undefined)
    throw new RequestError(400, `outcome is one of ${CHOICES.map(([value]) => value)}`);
  // A card that declines later is a good one until the page is paid.
  const good = outcome === 'pay_expiring' ? 'visa' : card;
  const paying = newCard(account, testCard(good));
  try {
    payPage(account, session, paying);
  } catch (error) {
    if (error instanceof StripeFailure) return showSession(account, session, error.message);
    throw error;
  }
  paying.outcome = testCard(card);
  const asked = nextPage(account, session);
  if (asked !== undefined) return { status: 303, headers: { location: asked } };
  return redirect(session.success_url, session);
}

/** Where the bank of the card asks its owner; undefined when it does not. */
function nextPage(account: Account, { payment_intent: id }: Stripe.Checkout.Session) {
  if (typeof id !== 'string') return undefined;
  return account.intent(id).next_action?.redirect_to_url?.url ?? undefined;
}

function redirect(url: string | null, session: Stripe.Checkout.Session): Reply {
  if (url === null) return { status: 200, html: page('Thank you', '<p>You can go now.</p>') };
  const location = url.replaceAll('{CHECKOUT_SESSION_ID}', session.id);
  return { status: 303, headers: { location } };
}

function showQuestion(intent: Stripe.PaymentIntent): Reply {
  const text = `<p>Is it you who pays ${intent.amount} ${intent.currency}?</p>`;
  const buttons = [
    ['agree', 'Yes'],
    ['refuse', 'No'],
  ];
  return { status: 200, html: page('Your bank asks', text, buttons) };
}
