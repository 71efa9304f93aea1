/**
 * From what Stripe said to what the wallet gets. Pure, and the same whatever came first: a movement
 * is the difference between what should have moved by the facts and what was decided to move.
 */
import type {
  Movement,
  Payment,
  PaymentDecision,
  PaymentFile,
  TopUp,
  TopUpState,
} from '../persistence/index.ts';
import {
  disputedMinor,
  disputeState,
  factsWith,
  isUndecided,
  refundedMinor,
  returnedMinor,
} from './facts.ts';
import type { Said } from './said.ts';

/** It was paid, for something else that is sold on the same account: nothing names a top-up. */
export function isForeign({ received, topUpId }: Said, topUp: TopUp | undefined): boolean {
  return received !== undefined && topUpId === undefined && topUp === undefined;
}

/** Why a payment cannot be credited; undefined when it is the one that was ordered. */
export function faultOf(said: Said, topUp: TopUp | undefined, paymentIntent: string) {
  const { received, walletId } = said;
  if (topUp === undefined) return 'unknown_top_up';
  if (walletId !== undefined && walletId !== topUp.walletId) return 'wrong_wallet';
  if (received?.currency !== topUp.chargeCurrency) return 'wrong_currency';
  if (received.minor !== topUp.chargeMinor) return 'wrong_amount';
  const other = topUp.paymentIntent !== null && topUp.paymentIntent !== paymentIntent;
  return other ? 'paid_twice' : undefined;
}

/** Adds what was said to the file, and decides what has to move because of it. */
export function decide(file: PaymentFile, said: Said): PaymentDecision {
  const payment = judged(file, said);
  const movements = payment.accepted && file.topUp ? owed(payment, file.topUp, file.movements) : [];
  return { payment, movements, undecided: isUndecided(payment) };
}

function judged({ payment, topUp }: PaymentFile, said: Said): Payment {
  const facts = factsWith(payment, said);
  const next = { ...facts, topUpId: payment.topUpId ?? topUp?.id ?? null };
  if (said.received === undefined || isForeign(said, topUp)) return next;
  const fault = faultOf(said, topUp, payment.paymentIntent);
  return fault === undefined
    ? { ...next, accepted: true }
    : { ...next, refused: fault, topUpId: payment.topUpId };
}

type Owed = Pick<Movement, 'purpose' | 'amountMicros'>;

/** Movements that are still to be decided: what should have moved, less what was decided before. */
function owed(payment: Payment, topUp: TopUp, before: readonly Movement[]): Owed[] {
  const { creditMicros, bonusMicros } = topUp;
  const refunded = Math.min(refundedMinor(payment), topUp.chargeMinor);
  const gone = Math.min(refunded + disputedMinor(payment), topUp.chargeMinor);
  const back = (micros: number, from: number, to: number) =>
    share(topUp, micros, from) - share(topUp, micros, to);
  const given = [left('credit', creditMicros), left('bonus', bonusMicros)];
  const taken = [
    left('refund', back(creditMicros, 0, refunded)),
    left('refund_bonus', back(bonusMicros, 0, refunded)),
    left('dispute', back(creditMicros, refunded, gone)),
    left('dispute_bonus', back(bonusMicros, refunded, gone)),
  ];
  const all = sumOf(taken) > returnable(payment, topUp) ? given : [...given, ...taken];
  return all.filter(({ amountMicros }) => amountMicros !== 0);

  function left(purpose: Movement['purpose'], totalMicros: number): Owed {
    const decided = sumOf(before.filter((movement) => movement.purpose === purpose));
    return { purpose, amountMicros: totalMicros - decided };
  }
}

function sumOf(movements: readonly Owed[]): number {
  return movements.reduce((sum, { amountMicros }) => sum + amountMicros, 0);
}

/**
 * The most that may be given again because refunds failed and disputes were won. More than that means
 * that the facts are older than the movements (Postgres came back older): the facts are waited for.
 */
function returnable(payment: Payment, topUp: TopUp): number {
  const minor = Math.min(returnedMinor(payment), topUp.chargeMinor);
  const micros = share(topUp, topUp.creditMicros, minor) + share(topUp, topUp.bonusMicros, minor);
  // Two shares, each rounded once more.
  return micros === 0 ? 0 : micros + 2;
}

/** What a part of the payment bought of these micros; rounded down, so that the whole is the whole. */
function share({ chargeMinor }: TopUp, micros: number, partMinor: number): number {
  return Number((BigInt(micros) * BigInt(partMinor)) / BigInt(chargeMinor));
}

/** The state of a top-up that was paid and credited; undefined while it is not. */
export function stateOf({ payment, topUp, movements }: PaymentFile): TopUpState | undefined {
  const credited = movements.some(({ purpose, done }) => purpose === 'credit' && done);
  if (!payment.accepted || topUp === undefined || !credited) return undefined;
  const disputed = disputeState(payment);
  if (disputed === 'disputed' || disputed === 'lost') return disputed;
  const refunded = refundedMinor(payment);
  if (refunded >= topUp.chargeMinor) return 'refunded';
  if (refunded > 0) return 'partly_refunded';
  return disputed ?? 'succeeded';
}
