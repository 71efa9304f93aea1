/**
 * Compares what Stripe has with what its events have told us, and applies what was missed. An object
 * says the same as its event, so that applying it again is harmless.
 *
 * Lists go by the time an object was made; what was made before and is not decided, an open page, a
 * bank debit, a dispute, a refund under way, is asked for by its id in every pass.
 */
import { finish, isAnothers, note } from './apply.ts';
import type { StripeContext } from './context.ts';
import { stateOf } from './decide.ts';
import { isKnown } from './facts.ts';
import { readSaid, type Said } from './said.ts';
import { type Ask, changedSince, openBefore, type StripeObject } from './stripe-objects.ts';

export interface PaymentReport {
  readonly since: Date;
  readonly until: Date;
  /** false: something in the lists could not be written down, so they have to be read again. */
  complete: boolean;
  /** Objects of Stripe's that concern us. */
  listed: number;
  /** Objects of another Ringfence on the same account; they are left alone. */
  foreign: number;
  /** Payments that were credited or corrected by this pass. */
  mended: number;
  /** Payments that are not what was ordered. */
  refused: number;
  /** Payments that are written down and cannot be credited or corrected now; it is tried on. */
  unfinished: number;
  /** Objects that could not be asked for, read or written down. */
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
  const counts = { listed: 0, foreign: 0, mended: 0, refused: 0, unfinished: 0, failed: 0 };
  const report: PaymentReport = { since, until, complete: true, ...counts };
  for await (const object of changedSince(context.stripe, since, until)) await take(object);
  for await (const ask of openBefore(context, since)) await take(ask);
  await context.directory.topUps.expireUnasked(UNASKED_MS, context.tell.topUp);
  const { putOff } = await context.directory.payments.waiting();
  report.unfinished = Math.max(report.unfinished, putOff);
  return report;

  async function take(given: StripeObject | Ask): Promise<void> {
    let paymentIntent: string | undefined;
    try {
      const object = typeof given === 'function' ? await given() : given;
      const said = object && readSaid(object.object, object, Math.floor(until.getTime() / 1000));
      if (said === undefined) return;
      paymentIntent = said.paymentIntent;
      if (isAnothers(context, said)) {
        report.foreign += 1;
        return;
      }
      const known = paymentIntent && (await context.directory.payments.find(paymentIntent));
      // Others may use the account too: what has no label of ours counts when we know its payment.
      if (said.topUpId === undefined && !known) return;
      report.listed += 1;
      if (!known || !isKnown(known, said)) await compare(said);
    } catch (err) {
      report.failed += 1;
      // What is asked for by its id is asked for again until it is decided.
      if (typeof given !== 'function') report.complete = false;
      context.log.error({ err, paymentIntent }, 'a payment could not be reconciled');
    }
    if (report.listed > OBJECTS_MAX) throw new Error(`more than ${OBJECTS_MAX} objects to compare`);
  }

  async function compare(said: Said): Promise<void> {
    const before = await positionOf(context, said);
    const { applied, file } = await note(context, said);
    if (applied.status === 'refused') report.refused += 1;
    try {
      if (file !== undefined) await finish(context, file);
    } catch (err) {
      // It is a row by now, which is taken up again whatever this pass finds.
      report.unfinished += 1;
      const { paymentIntent } = said;
      context.log.error({ err, paymentIntent }, 'a payment could not be moved yet');
      return;
    }
    if (applied.status !== 'refused' && (await positionOf(context, said)) !== before) {
      report.mended += 1;
    }
  }
}

/** What has been moved, as a text to compare. */
async function positionOf({ directory }: StripeContext, said: Said): Promise<string> {
  const { paymentIntent, topUpId } = said;
  if (paymentIntent === undefined || (await directory.payments.find(paymentIntent)) === undefined) {
    return topUpId === undefined ? '' : ((await directory.topUps.get(topUpId))?.state ?? '');
  }
  const file = await directory.payments.read(paymentIntent);
  const done = file.movements.filter((movement) => movement.done).length;
  return `${file.payment.accepted} ${done} ${stateOf(file) ?? file.topUp?.state ?? ''}`;
}
