/** How much an auto-recharge charges. Pure. */
import type { AutoRechargeTerms, RechargeCap, RechargeUsages } from '../../persistence/index.ts';
import { stepMicrosOf } from '../minor-units.ts';

/** What is charged, or which cap leaves too little for it and until when. */
export type Size =
  | { readonly kind: 'charge'; readonly micros: number }
  | { readonly kind: 'capped'; readonly cap: RechargeCap; readonly until: Date };

type Sized = Pick<
  AutoRechargeTerms,
  | 'thresholdMicros'
  | 'amountMicros'
  | 'targetMicros'
  | 'dailyMaxMicros'
  | 'monthlyMaxMicros'
  | 'dailyMaxCount'
  | 'monthlyMaxCount'
>;

export interface SizeLimits {
  readonly currency: string;
  readonly minMicros: number;
  readonly maxMicros: number;
}

/**
 * The whole gap in one charge: the amount as often as it takes to be above the threshold, or what is
 * missing to the target. Less, where a cap or the largest charge leaves less.
 */
export function sizeOf(
  terms: Sized,
  spendableMicros: number,
  usages: RechargeUsages,
  limits: SizeLimits,
  now: Date,
): Size {
  const caps = capsOf(terms, usages, now);
  const wanted = wantedMicros(terms, spendableMicros, limits);
  const room = Math.min(...caps.map(({ roomMicros }) => roomMicros));
  const micros = fitting(terms, Math.min(wanted, room, limits.maxMicros), limits);
  if (micros > 0) return { kind: 'charge', micros };
  const reached = caps.filter(({ roomMicros }) => fitting(terms, roomMicros, limits) === 0);
  const [last] = reached.sort((a, b) => b.until.getTime() - a.until.getTime());
  // Only bounds that were narrowed after the terms were set leave nothing without a cap: ask tomorrow.
  const { cap, until } = last ?? { cap: 'daily' as const, until: nextDay(now) };
  return { kind: 'capped', cap, until };
}

function wantedMicros(terms: Sized, spendableMicros: number, limits: SizeLimits): number {
  const { thresholdMicros, amountMicros, targetMicros } = terms;
  if (amountMicros !== null) {
    const gap = Math.max(1, thresholdMicros - spendableMicros + 1);
    return amountMicros * Math.ceil(gap / amountMicros);
  }
  const step = stepMicrosOf(limits.currency);
  const gap = Math.ceil(((targetMicros ?? 0) - spendableMicros) / step) * step;
  return Math.max(gap, Math.ceil(limits.minMicros / step) * step);
}

/** The most of it that can be charged at once; 0 when that is too little. */
function fitting({ amountMicros }: Sized, mostMicros: number, limits: SizeLimits): number {
  if (mostMicros === Number.POSITIVE_INFINITY) return mostMicros;
  const step = amountMicros ?? stepMicrosOf(limits.currency);
  const micros = Math.max(0, Math.floor(mostMicros / step) * step);
  return amountMicros === null && micros < limits.minMicros ? 0 : micros;
}

function capsOf(terms: Sized, { day, month }: RechargeUsages, now: Date) {
  const room = (used: RechargeUsages['day'], micros: number | null, count: number | null) =>
    count !== null && used.count >= count ? 0 : (micros ?? Number.POSITIVE_INFINITY) - used.micros;
  return [
    {
      cap: 'daily' as const,
      roomMicros: room(day, terms.dailyMaxMicros, terms.dailyMaxCount),
      until: nextDay(now),
    },
    {
      cap: 'monthly' as const,
      roomMicros: room(month, terms.monthlyMaxMicros, terms.monthlyMaxCount),
      until: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)),
    },
  ];
}

function nextDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}

/** Since when caps count: the first moments of the day and of the month, in UTC. */
export function capSpans(now: Date) {
  return {
    day: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate())),
    month: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)),
  };
}
