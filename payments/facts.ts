/**
 * What Stripe said about one payment, added up by rules that do not know an order: paid is paid, a
 * failed refund stays failed, of a dispute the newest word counts, whenever it comes.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Payment, PaymentDispute } from '../persistence/index.ts';
import type { Said } from './said.ts';

/** Which of two words of the same second is the later one; what is unknown counts as open. */
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
/** Nothing follows these, unless a lost dispute is appealed. */
const DECIDED = new Set(['warning_closed', 'lost', 'won', 'prevented']);

/** The facts with one more thing said; whether the payment is the one that was ordered is not asked. */
export function factsWith(payment: Payment, said: Said): Payment {
  const { refundedMinor, refund, dispute, receiptUrl } = said;
  const next: Payment = {
    ...payment,
    refundedMinor: Math.max(payment.refundedMinor, refundedMinor ?? 0),
    refunds: { ...payment.refunds },
    disputes: { ...payment.disputes },
    receiptUrl: receiptUrl ?? payment.receiptUrl,
  };
  if (refund !== undefined) {
    const { id, amountMinor, failed, settled } = refund;
    const known = payment.refunds[id];
    next.refunds[id] = {
      amountMinor,
      failed: failed || known?.failed === true,
      settled: settled || known?.settled === true,
    };
  }
  if (dispute !== undefined) {
    const { id, ...word } = dispute;
    const known = payment.disputes[id];
    const later = known !== undefined && isLater(known, word) ? known : word;
    const mostMinor = Math.max(known?.mostMinor ?? 0, word.amountMinor);
    next.disputes[id] = { ...later, mostMinor };
  }
  return next;
}

/** True when all of it is known: most of what a pass reads is. */
export function isKnown(payment: Payment, said: Said): boolean {
  const { received, ended, failureCode, customerGone, methodGone } = said;
  if ((ended ?? failureCode ?? customerGone ?? methodGone) !== undefined) return false;
  return (
    (received === undefined || payment.accepted) &&
    isDeepStrictEqual(factsWith(payment, said), payment)
  );
}

/** Payments that were filed by an earlier release have no time with a dispute: any word is later. */
function isLater(one: PaymentDispute, other: PaymentDispute): boolean {
  const by =
    (one.at ?? 0) - (other.at ?? 0) ||
    place(one.status) - place(other.status) ||
    one.amountMinor - other.amountMinor;
  return by > 0;
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
export function disputedMinor({ disputes }: Payment): number {
  return Object.values(disputes)
    .filter(({ status }) => !MONEY_IS_OURS.has(status))
    .reduce((total, { amountMinor }) => total + amountMinor, 0);
}

/** How much has come back: refunds that failed, disputes that were taken back or became smaller. */
export function returnedMinor(payment: Payment): number {
  const failed = Object.values(payment.refunds).filter((one) => one.failed);
  const disputed = Object.values(payment.disputes);
  const sum = (amounts: number[]) => amounts.reduce((total, one) => total + one, 0);
  return (
    sum(failed.map(({ amountMinor }) => amountMinor)) +
    sum(disputed.map(({ mostMinor, amountMinor }) => mostMinor ?? amountMinor)) -
    disputedMinor(payment)
  );
}

/** What its disputes have come to; an open one counts most. */
export function disputeState({ disputes }: Payment): 'disputed' | 'lost' | 'won' | undefined {
  const statuses = Object.values(disputes).map(({ status }) => status);
  if (statuses.some((status) => status !== 'lost' && !MONEY_IS_OURS.has(status))) return 'disputed';
  if (statuses.includes('lost')) return 'lost';
  return statuses.includes('won') ? 'won' : undefined;
}

/** The ids of what Stripe has to be asked about: refunds under way, disputes that are not decided. */
export function undecidedOf({ refunds, disputes }: Payment): {
  readonly refunds: string[];
  readonly disputes: string[];
} {
  return {
    refunds: Object.entries(refunds)
      .filter(([, { failed, settled }]) => !failed && settled !== true)
      .map(([id]) => id),
    disputes: Object.entries(disputes)
      .filter(([, { status }]) => !DECIDED.has(status))
      .map(([id]) => id),
  };
}

export function isUndecided(payment: Payment): boolean {
  const { refunds, disputes } = undecidedOf(payment);
  return refunds.length + disputes.length > 0;
}
