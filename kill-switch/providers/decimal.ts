/**
 * Providers send money as JSON numbers: Vapi US dollars, Retell cents. A binary double must not
 * be multiplied up (0.0321 * 1e6 is 32099.999...), so the decimal text is shifted instead.
 * `String(number)` gives back the digits the provider wrote as long as there are at most 15.
 */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d{1,3}))?$/i;

/**
 * A decimal number times 10^places as an exact integer, rounded half away from zero.
 * Anything that is not a finite decimal, or whose result passes 2^53-1, is undefined.
 */
export function shiftDecimal(value: unknown, places: number): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const match = DECIMAL.exec(String(value));
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const shift = Number(exponent) + places - fraction.length;
  if (digits.length + shift > 40) return undefined;
  const magnitude = Number(shifted(digits, shift));
  if (!Number.isSafeInteger(magnitude)) return undefined;
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

function shifted(digits: string, shift: number): bigint {
  if (shift >= 0) return BigInt(digits) * 10n ** BigInt(shift);
  if (-shift > digits.length) return 0n;
  const divisor = 10n ** BigInt(-shift);
  return (BigInt(digits) + divisor / 2n) / divisor;
}

/** US dollars to micros. */
export function dollarsToMicros(value: unknown): number | undefined {
  return shiftDecimal(value, 6);
}

/** Cents, fractional or not, to micros. */
export function centsToMicros(value: unknown): number | undefined {
  return shiftDecimal(value, 4);
}
