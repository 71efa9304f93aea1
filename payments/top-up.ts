/** Orders a top-up: the intent row, then the page at Stripe, under a key made of the row. */
import Stripe from 'stripe';
import { OutageError, RequestError } from '../engine/index.ts';
import type { NewTopUp, TopUp, TopUpRequest, Wallet } from '../persistence/index.ts';
import type { StripeContext } from './context.ts';

/** Stripe forgets keys after a day; a page that old is over anyway. */
const ASKED_MAX_MS = 23 * 3_600_000;

/** `idempotency_conflict`: the request was made before with another body. */
export type OpenedTopUp =
  | { readonly status: 'opened'; readonly topUp: TopUp; readonly replayed: boolean }
  | { readonly status: 'idempotency_conflict' };

export type TopUpOrder = Omit<NewTopUp, 'request'>;

/**
 * One request is one top-up and one page, however often it is repeated.
 * @param order what is ordered; asked for only when the request is new, because what was on sale then
 *   may not be any more
 * @throws OutageError stripe_unreachable: a repeat of the same request goes on
 * @throws RequestError stripe_refused
 */
export async function openTopUp(
  context: StripeContext,
  request: TopUpRequest,
  order: () => Promise<TopUpOrder>,
): Promise<OpenedTopUp> {
  const { topUps } = context.directory;
  const known = await topUps.ordered(request);
  const { created, topUp } =
    known === undefined
      ? await topUps.create({ ...(await order()), request })
      : { created: false, topUp: known };
  if (topUp.fingerprint !== request.fingerprint) return { status: 'idempotency_conflict' };
  const asked = topUp.state !== 'created' || Date.now() - topUp.createdAt.getTime() > ASKED_MAX_MS;
  if (asked) return { status: 'opened', topUp, replayed: !created };
  const session = await translated(() => pageFor(context, topUp));
  const opened = await topUps.opened(topUp.id, session.id, session.url);
  return { status: 'opened', topUp: opened, replayed: !created };
}

/**
 * A request that got no answer is repeated under its key and meets its own page. One that Stripe did
 * answer, were it with a failure of its own, would get that answer for ever: the next has another key.
 */
async function pageFor(context: StripeContext, topUp: TopUp): Promise<Stripe.Checkout.Session> {
  const { topUps } = context.directory;
  const customer = await customerOf(context, topUp.organizationId);
  try {
    return await askStripe(context, topUp, customer);
  } catch (error) {
    const again = isAnswer(error) ? await topUps.askAgain(topUp) : topUp;
    if (!isMissingCustomer(error)) throw error;
    context.log.warn(
      { customer, topUpId: topUp.id },
      'a customer is gone at Stripe; a new one is made',
    );
    await topUps.forgetCustomer(customer);
    return askStripe(context, again, await customerOf(context, topUp.organizationId));
  }
}

/** Busy or in progress (429, 409) is no outcome of the request. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeError)) return false;
  const { statusCode } = error;
  return statusCode !== undefined && statusCode !== 409 && statusCode !== 429;
}

function isMissingCustomer(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    error.code === 'resource_missing' &&
    error.param === 'customer'
  );
}

async function askStripe(context: StripeContext, topUp: TopUp, customer: string) {
  const attempt = topUp.stripeAttempt === 0 ? '' : `:${topUp.stripeAttempt}`;
  const metadata = {
    ringfence_kind: 'top_up',
    ringfence_installation: context.installation,
    ringfence_organization_id: topUp.organizationId,
    ringfence_wallet_id: topUp.walletId,
    ringfence_top_up_id: topUp.id,
  };
  const price = {
    currency: topUp.chargeCurrency,
    unit_amount: topUp.chargeMinor,
    product_data: { name: topUp.title },
  };
  const save = { setup_future_usage: 'off_session' as const };
  return await context.stripe.checkout.sessions.create(
    {
      mode: 'payment',
      customer,
      client_reference_id: topUp.walletId,
      line_items: [{ quantity: 1, price_data: price }],
      // Stripe does not copy the session's labels to its payment.
      payment_intent_data: { metadata, ...(topUp.saveCard && save) },
      metadata,
      success_url: topUp.successUrl,
      cancel_url: topUp.cancelUrl,
    },
    { idempotencyKey: `top_up:${topUp.id}${attempt}` },
  );
}

async function customerOf(context: StripeContext, organizationId: string): Promise<string> {
  const { topUps, organizations } = context.directory;
  const known = await topUps.customer(organizationId);
  if (known !== undefined) return known;
  const organization = await organizations.get(organizationId);
  const made = await context.stripe.customers.create({
    name: organization?.name ?? organizationId,
    metadata: {
      ringfence_installation: context.installation,
      ringfence_organization_id: organizationId,
    },
  });
  return await topUps.keepCustomer(organizationId, made.id);
}

/**
 * Foreign errors, by their class. What Stripe says about our keys is not for callers.
 * @throws OutageError stripe_unreachable, RequestError stripe_refused
 */
export async function translated<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof Stripe.errors.StripeInvalidRequestError) {
      const details = { stripe_code: cause.code ?? null };
      throw new RequestError('stripe_refused', undefined, { details });
    }
    if (cause instanceof Stripe.errors.StripeError) {
      throw new OutageError('stripe_unreachable', { cause });
    }
    throw cause;
  }
}

/** What an order without a package is: the wallet's own currency, one for one. */
export function freeOrder(wallet: Wallet, chargeMinor: number, amountMicros: number) {
  return {
    packageId: null,
    title: 'Prepaid credit',
    chargeMinor,
    chargeCurrency: wallet.currency,
    creditMicros: amountMicros,
    bonusMicros: 0,
  };
}
