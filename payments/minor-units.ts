/**
 * Card amounts are in the currency's smallest unit, money here is in micros.
 * Source: Stripe's list of currencies. What cannot be charged exactly is refused.
 */

const MICROS_DIGITS = 6;
const NONE = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const THREE = new Set('bhd jod kwd omr tnd'.split(' '));
/** Stripe wants these in hundredths and charges whole ones alone. */
const WHOLE_ONLY = new Set('isk ugx'.split(' '));

/** Digits after the point: 0, 2 or 3. */
export function exponentOf(currency: string): 0 | 2 | 3 {
  if (NONE.has(currency)) return 0;
  return THREE.has(currency) ? 3 : 2;
}

/** The least step that a card can be charged in, in smallest units. */
function stepOf(currency: string): number {
  if (WHOLE_ONLY.has(currency)) return 100;
  return THREE.has(currency) ? 10 : 1;
}

/** The least step that a card can be charged in, in micros. */
export function stepMicrosOf(currency: string): number {
  return 10 ** (MICROS_DIGITS - exponentOf(currency)) * stepOf(currency);
}

/** Undefined when the amount has a remainder that no card can be charged. */
export function minorOf(amountMicros: number, currency: string): number | undefined {
  const unit = 10 ** (MICROS_DIGITS - exponentOf(currency));
  return amountMicros % stepMicrosOf(currency) === 0 ? amountMicros / unit : undefined;
}

export function microsOf(amountMinor: number, currency: string): number {
  return amountMinor * 10 ** (MICROS_DIGITS - exponentOf(currency));
}

/** Three letters: a currency of the world and not a unit of one's own. */
export function isCardCurrency(currency: string): boolean {
  return /^[a-z]{3}$/.test(currency);
}
