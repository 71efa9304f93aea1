/**
 * Charges a saved card for an attempt, which is a row by now. Every ask has the key of the row, so that
 * any number of processes, however often, make one payment of it.
 */
import Stripe from 'stripe';
import type { RechargeAttempt } from '../../persistence/index.ts';
import { apply } from '../apply.ts';
import type { RechargeContext, RechargeOutcome, StripeContext } from '../context.ts';
import { readSaid } from '../said.ts';
import { rechargeFailed } from './failure.ts';

const TIMEOUT_MS = 20_000;
/** Whoever made the attempt, or took it up, has it alone for so long. */
export const ASK_LEASE_MS = 30_000;
/** Stripe forgets keys after a day: then it is only looked for. */
const KEY_MAX_MS = 23 * 3_600_000;
/** A failure that Stripe keeps under the key is given up after so long, if there is no payment. */
const ANSWERED_MAX_MS = 15 * 60_000;
/** Payments of a customer, newest first, among which one is looked for. */
const LOOKED_AT = 1_000;
const PAGE = 100;

type Answer =
  | { readonly kind: 'payment'; readonly intent: Stripe.PaymentIntent }
  | { readonly kind: 'declined'; readonly code: string }
  /** `looked`: Stripe has answered, and there is no payment. */
  | { readonly kind: 'unknown'; readonly looked: boolean; readonly error?: unknown };

/**
 * Answers when what follows from Stripe's answer is in the ledger; without an answer the attempt is
 * taken up later.
 * @throws OutageError: so is what could not be written down
 */
export async function charge(
  context: RechargeContext,
  attempt: RechargeAttempt,
): Promise<RechargeOutcome> {
  const ageMs = context.nowMs() - attempt.createdAt.getTime();
  const answer = ageMs > KEY_MAX_MS ? await lookUp(context, attempt) : await ask(context, attempt);
  if (answer.kind === 'payment') return paid(context, attempt, answer.intent);
  if (answer.kind === 'declined') {
    await rechargeFailed(context, attempt.id, answer.code);
    return 'declined';
  }
  if (answer.looked && ageMs > ANSWERED_MAX_MS) {
    await rechargeFailed(context, attempt.id, 'no_answer');
    return 'declined';
  }
  const fields = { err: answer.error, attempt: attempt.id };
  context.log.warn(
    fields,
    'Stripe has not said what became of an auto-recharge; it is asked again',
  );
  return 'unknown';
}

async function paid(
  context: RechargeContext,
  attempt: RechargeAttempt,
  intent: Stripe.PaymentIntent,
): Promise<RechargeOutcome> {
  if (intent.status === 'requires_action') {
    await rechargeFailed(context, attempt.id, 'authentication_required');
    return 'declined';
  }
  const underWay = intent.status === 'processing';
  if (underWay) await context.directory.rechargeAttempts.asked(attempt.id, intent.id);
  const said = readSaid('payment_intent', intent, Math.floor(Date.now() / 1000));
  if (said !== undefined) await apply(context, said);
  if (intent.status === 'succeeded') return 'paid';
  return underWay ? 'under_way' : 'declined';
}

async function ask(context: StripeContext, attempt: RechargeAttempt): Promise<Answer> {
  try {
    const intent = await context.stripe.paymentIntents.create(
      {
        amount: attempt.chargeMinor,
        currency: attempt.chargeCurrency,
        customer: attempt.customerId,
        payment_method: attempt.paymentMethod,
        off_session: true,
        confirm: true,
        // Without one Stripe refuses where any method that leads to a page is enabled on the account.
        return_url: pageOf(attempt),
        description: attempt.title,
        expand: ['latest_charge'],
        metadata: {
          ringfence_kind: 'auto_recharge',
          ringfence_installation: context.installation,
          ringfence_organization_id: attempt.organizationId,
          ringfence_wallet_id: attempt.walletId,
          ringfence_top_up_id: attempt.id,
        },
      },
      {
        idempotencyKey: `auto_recharge:${attempt.id}`,
        timeout: TIMEOUT_MS,
        maxNetworkRetries: 0,
      },
    );
    return { kind: 'payment', intent };
  } catch (error) {
    return answerOf(context, attempt, error);
  }
}

async function answerOf(
  context: StripeContext,
  attempt: RechargeAttempt,
  error: unknown,
): Promise<Answer> {
  const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;
  if (error instanceof StripeCardError) {
    return { kind: 'declined', code: error.decline_code ?? error.code ?? 'declined' };
  }
  if (error instanceof StripeInvalidRequestError) {
    const named = error.param === 'payment_method' || error.param === 'customer';
    const gone = named || !(await isSaved(context, attempt));
    return { kind: 'declined', code: gone ? 'card_gone' : (error.code ?? 'invalid_request') };
  }
  if (hasOutcome(error)) return lookUp(context, attempt, error);
  if (error instanceof Stripe.errors.StripeError) return { kind: 'unknown', looked: false, error };
  throw error;
}

/**
 * Something is kept under the key, and repeating it does not tell what: Stripe's own failure, which may have
 * charged before it failed, or a request in the words of another release.
 */
function hasOutcome(error: unknown): boolean {
  const { StripeAPIError, StripeIdempotencyError } = Stripe.errors;
  return error instanceof StripeAPIError || error instanceof StripeIdempotencyError;
}

/** The owner is not there to be led anywhere; a place for a page's id, which is for pages, is no URL. */
function pageOf({ successUrl }: RechargeAttempt): string {
  return successUrl.replaceAll(/[{}]/g, encodeURIComponent);
}

/** Of a card that was detached Stripe says in a sentence that it cannot be used, and in no field. */
async function isSaved({ stripe }: StripeContext, attempt: RechargeAttempt): Promise<boolean> {
  try {
    const { customer } = await stripe.paymentMethods.retrieve(attempt.paymentMethod);
    return customer === attempt.customerId;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    return error.code !== 'resource_missing';
  }
}

async function lookUp(
  { stripe }: StripeContext,
  attempt: RechargeAttempt,
  cause?: unknown,
): Promise<Answer> {
  try {
    const list = stripe.paymentIntents.list({ customer: attempt.customerId, limit: PAGE });
    let looked = 0;
    for await (const intent of list) {
      if (intent.metadata.ringfence_top_up_id === attempt.id) return answerIn(intent);
      looked += 1;
      if (looked >= LOOKED_AT) break;
    }
    return { kind: 'unknown', looked: true, error: cause };
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    return { kind: 'unknown', looked: false, error };
  }
}

function answerIn(intent: Stripe.PaymentIntent): Answer {
  const error = intent.last_payment_error;
  if (intent.status !== 'requires_payment_method') return { kind: 'payment', intent };
  return { kind: 'declined', code: error?.decline_code ?? error?.code ?? 'declined' };
}
