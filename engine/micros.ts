// Money: an integer number of micros, 1/1,000,000 of the wallet's currency unit.

declare const unit: unique symbol;
/** An integer within +-(2^53-1). Made by `micros()`, which checks. */
export type Micros = number & { readonly [unit]: 'micros' };

export const MICROS_MAX = Number.MAX_SAFE_INTEGER;

/** Checks that a number is money. Throws RangeError on fractions and on anything beyond 2^53-1. */
export function micros(value: number): Micros {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is not a whole number of micros within 2^53-1`);
  }
  return value as Micros;
}
