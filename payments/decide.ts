/**
 * From what Stripe said to what the wallet gets. Pure, and the same whatever came first: facts are
 * merged by rules that do not know an order (a failed refund stays failed, a dispute only moves on),
 * and a movement is the difference between what should have moved and what was decided to move.
 */
import type {
  Movement,
  Payment,
  PaymentDecision,
  PaymentFile,
  TopUp,
  TopUpState,
} from '../persistence/index.ts';
import type { Said } from './said.ts';

/** A dispute moves along this line and never back; what is unknown counts as open. */
const DISPUTE_LINE = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'lost',
  'appeal_needs_response',
  'appeal_under_review',
  'won',
  'prevented',
];
const OPEN = DISPUTE_LINE.indexOf('needs_response');
/** Inquiries move no money, and these give it back. */
const MONEY_IS_OURS = new Set([
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'won',
  'prevented',
]);

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
  const payment = merged(file, said);
  const movements = payment.accepted && file.topUp ? owed(payment, file.topUp, file.movements) : [];
  return { payment, movements, receiptUrl: said.receiptUrl };
}

function merged({ payment, topUp }: PaymentFile, said: Said): Payment {
  const { refund, dispute, received } = said;
  const next: Payment = {
    ...payment,
    topUpId: payment.topUpId ?? topUp?.id ?? null,
    refundedMinor: Math.max(payment.refundedMinor, said.refundedMinor ?? 0),
    refunds: { ...payment.refunds },
    disputes: { ...payment.disputes },
  };
  if (refund !== undefined) {
    const { id, amountMinor, failed } = refund;
    next.refunds[id] = { amountMinor, failed: failed || payment.refunds[id]?.failed === true };
  }
  if (dispute !== undefined) {
    const { id, amountMinor, status } = dispute;
    const known = payment.disputes[id];
    next.disputes[id] =
      known !== undefined && place(known.status) > place(status) ? known : { amountMinor, status };
  }
  if (received === undefined) return next;
  const fault = faultOf(said, topUp, payment.paymentIntent);
  return fault === undefined
    ? { ...next, accepted: true }
    : { ...next, refused: fault, topUpId: payment.topUpId };
}

function place(status: string): number {
  const index = DISPUTE_LINE.indexOf(status);
  return index < 0 ? OPEN : index;
}

/**
 * How much was given back. A charge's own figure may count refunds that failed since, and may have
 * come without its refunds, or they without it: the larger of the two sums is never too much.
 */
export function refundedMinor({ refundedMinor: most, refunds }: Payment): number {
  const all = Object.values(refunds);
  const sum = (failed: boolean) =>
    all.filter((one) => one.failed === failed).reduce((total, one) => total + one.amountMinor, 0);
  return Math.max(sum(false), most - sum(true));
}

/** How much the owners of cards have taken back, or are taking. */
function disputedMinor({ disputes }: Payment): number {
  return Object.values(disputes)
    .filter(({ status }) => !MONEY_IS_OURS.has(status))
    .reduce((total, { amountMinor }) => total + amountMinor, 0);
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
  const statuses = Object.values(payment.disputes).map(({ status }) => status);
  if (statuses.some((status) => status !== 'lost' && !MONEY_IS_OURS.has(status))) return 'disputed';
  if (statuses.includes('lost')) return 'lost';
  const refunded = refundedMinor(payment);
  if (refunded >= topUp.chargeMinor) return 'refunded';
  if (refunded > 0) return 'partly_refunded';
  return statuses.includes('won') ? 'won' : 'succeeded';
}
