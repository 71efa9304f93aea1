/**
 * Compares Stripe's own lists with what its events have told us, and applies what was missed. An
 * object that is listed says the same as its event, so that applying it again is harmless.
 */

import { apply } from './apply.ts';
import type { StripeContext } from './context.ts';
import { stateOf } from './decide.ts';
import { readSaid, type Said } from './said.ts';

export interface PaymentReport {
  readonly since: Date;
  readonly until: Date;
  /** Objects of Stripe's lists that concern us. */
  listed: number;
  /** Payments that were credited or corrected by this pass. */
  mended: number;
  /** Payments that are not what was ordered. */
  refused: number;
  failed: number;
}

const OBJECTS_MAX = 100_000;
/** Orders that were never put to Stripe are over after a day. */
const UNASKED_MS = 24 * 3_600_000;

export async function reconcilePayments(
  context: StripeContext,
  since: Date,
): Promise<PaymentReport> {
  const until = new Date();
  const report: PaymentReport = { since, until, listed: 0, mended: 0, refused: 0, failed: 0 };
  const { stripe } = context;
  const query = { created: { gte: Math.floor(since.getTime() / 1000) }, limit: 100 };
  // Payments first: what is taken back from one needs to know whose it is.
  for await (const object of stripe.paymentIntents.list(query)) await take(object);
  for await (const object of stripe.refunds.list(query)) await take(object);
  for await (const object of stripe.disputes.list(query)) await take(object);
  for await (const object of stripe.checkout.sessions.list(query)) await take(object);
  await context.directory.topUps.expireUnasked(UNASKED_MS);
  return report;

  async function take(object: { object: string }): Promise<void> {
    const said = readSaid(object.object, object);
    if (said === undefined || (said.topUpId === undefined && !(await known(context, said)))) return;
    report.listed += 1;
    if (report.listed > OBJECTS_MAX) throw new Error(`more than ${OBJECTS_MAX} objects to compare`);
    try {
      const before = await positionOf(context, said);
      const { status } = await apply(context, said);
      if (status === 'refused') report.refused += 1;
      else if ((await positionOf(context, said)) !== before) report.mended += 1;
    } catch (error) {
      report.failed += 1;
      const { paymentIntent } = said;
      context.log.error({ err: error, paymentIntent }, 'a payment could not be reconciled');
    }
  }
}

async function known({ directory }: StripeContext, { paymentIntent }: Said): Promise<boolean> {
  return (
    paymentIntent !== undefined && (await directory.payments.find(paymentIntent)) !== undefined
  );
}

/** What has been moved, as a text to compare. */
async function positionOf({ directory }: StripeContext, said: Said): Promise<string> {
  const { paymentIntent } = said;
  if (paymentIntent === undefined || (await directory.payments.find(paymentIntent)) === undefined) {
    return 'unknown';
  }
  const file = await directory.payments.settle(paymentIntent, () => undefined);
  const done = file.movements.filter((movement) => movement.done).length;
  return `${file.payment.accepted} ${done} ${stateOf(file) ?? ''}`;
}
