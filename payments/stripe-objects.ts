/** What a pass over Stripe reads: lists of what was made lately, and what is older and not decided. */
import Stripe from 'stripe';
import type { TopUp } from '../persistence/index.ts';
import type { StripeContext } from './context.ts';
import { undecidedOf } from './facts.ts';

const PAGE = 100;
/** A bank may send a refund back, weeks after it succeeded. */
const REFUNDS_FAIL_MS = 30 * 86_400_000;
/** By which our clock and Stripe's may differ. */
const CLOCKS_MS = 5 * 60_000;
/** How long a page can be paid. */
const PAGE_MS = 24 * 3_600_000;

export interface StripeObject {
  readonly object: string;
}
/** Throws what Stripe's client throws; undefined: there is nothing to compare. */
export type Ask = () => Promise<StripeObject | undefined>;

/** Payments first: what is taken back from one needs to know whose it is. */
export async function* changedSince(
  stripe: Stripe,
  since: Date,
  until: Date,
): AsyncGenerator<StripeObject> {
  const from = (date: Date) => ({
    created: { gte: Math.floor(date.getTime() / 1000) },
    limit: PAGE,
  });
  const refundsFrom = new Date(Math.min(since.getTime(), until.getTime() - REFUNDS_FAIL_MS));
  yield* stripe.paymentIntents.list({ ...from(since), expand: ['data.latest_charge'] });
  yield* stripe.refunds.list(from(refundsFrom));
  yield* stripe.disputes.list(from(since));
  yield* stripe.checkout.sessions.list(from(since));
}

/** Questions about what is not decided and too old for the lists. */
export async function* openBefore(
  { stripe, directory, log, tell }: StripeContext,
  since: Date,
): AsyncGenerator<Ask> {
  const before = new Date(since.getTime() + CLOCKS_MS);
  const { topUps, payments, rechargeAttempts } = directory;
  for await (const topUp of pages(
    (after) => topUps.open(before, after, PAGE),
    ({ id }) => id,
  )) {
    yield () => pageOf({ stripe, directory, log, tell }, topUp);
  }
  const pending = (after: string) => rechargeAttempts.pending(before, after, PAGE);
  for await (const { paymentIntent } of pages(pending, ({ id }) => id)) {
    const expand = ['latest_charge'];
    if (paymentIntent !== null) {
      yield () => stripe.paymentIntents.retrieve(paymentIntent, { expand });
    }
  }
  const undecided = (after: string) => payments.undecided(after, PAGE);
  for await (const payment of pages(undecided, ({ paymentIntent }) => paymentIntent)) {
    const { refunds, disputes } = undecidedOf(payment);
    for (const id of refunds) yield () => stripe.refunds.retrieve(id);
    for (const id of disputes) yield () => stripe.disputes.retrieve(id);
  }
}

/** A page that this account of Stripe's does not have is over after a day; who pays all the same, has paid. */
async function pageOf(
  { stripe, directory, log, tell }: Pick<StripeContext, 'stripe' | 'directory' | 'log' | 'tell'>,
  { id, checkoutSessionId, createdAt }: TopUp,
): Promise<StripeObject | undefined> {
  try {
    const expand = ['payment_intent.latest_charge'];
    return await stripe.checkout.sessions.retrieve(checkoutSessionId ?? '', { expand });
  } catch (error) {
    const missing = error instanceof Stripe.errors.StripeInvalidRequestError;
    if (!missing || error.code !== 'resource_missing') throw error;
    log.warn({ topUpId: id, checkoutSessionId }, 'Stripe does not know the page of an order');
    const over = Date.now() - createdAt.getTime() > PAGE_MS;
    if (over) await directory.topUps.ended(id, 'expired', tell.topUp);
    return undefined;
  }
}

async function* pages<T>(
  read: (after: string) => Promise<readonly T[]>,
  idOf: (one: T) => string,
): AsyncGenerator<T> {
  let page: readonly T[];
  let after = '';
  do {
    page = await read(after);
    yield* page;
    after = page.length === 0 ? '' : idOf(page[page.length - 1] as T);
  } while (page.length === PAGE);
}
