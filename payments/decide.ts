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
import { disputedMinor, disputeState, factsWith, isUndecided, refundedMinor } from './facts.ts';
import type { Said } from './said.ts';

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
  return {
    payment,
    movements,
    undecided: isUndecided(payment),
    receiptUrl: said.receiptUrl,
  };
}

function judged({ payment, topUp }: PaymentFile, said: Said): Payment {
  const facts = factsWith(payment, said);
  const next = { ...facts, topUpId: payment.topUpId ?? topUp?.id ?? null };
  if (said.received === undefined) return next;
  const fault = faultOf(said, topUp, payment.paymentIntent);
  return fault === undefined
    ? { ...next, accepted: true }
    : { ...next, refused: fault, topUpId: payment.topUpId };
}

/** Movements that are still to be decided: what should have moved, less what was decided before. */
function owed(payment: Payment, topUp: TopUp, before: readonly Movement[]) {
  const refunded = Math.min(refundedMinor(payment), topUp.chargeMinor);
  const gone = Math.min(refunded + disputedMinor(payment), topUp.chargeMinor);
  const wanted = [
    ['credit', topUp.creditMicros],
    ['bonus', topUp.bonusMicros],
    ['refund', -share(topUp, refunded)],
    ['dispute', -(share(topUp, gone) - share(topUp, refunded))],
  ] as const;
  return wanted.flatMap(([purpose, total]) => {
    const decided = before
      .filter((movement) => movement.purpose === purpose)
      .reduce((sum, movement) => sum + movement.amountMicros, 0);
    return total === decided ? [] : [{ purpose, amountMicros: total - decided }];
  });
}

/** What a part of the payment bought, bonus included; rounded down, so that the whole is the whole. */
function share({ chargeMinor, creditMicros, bonusMicros }: TopUp, partMinor: number): number {
  const part = (micros: number) => (BigInt(micros) * BigInt(partMinor)) / BigInt(chargeMinor);
  return Number(part(creditMicros) + part(bonusMicros));
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
