/**
 * What a card can be charged, in the smallest unit of the currency.
 * Source: docs.stripe.com/currencies, minimum and maximum charge amounts, special cases.
 */
import { invalid } from './errors.ts';

/** At least about 50 cents; where Stripe names no figure, 50. */
const LEAST = new Map(
  Object.entries({
    aed: 200,
    bgn: 100,
    czk: 1_500,
    dkk: 250,
    gbp: 30,
    hkd: 400,
    huf: 17_500,
    mxn: 1_000,
    myr: 200,
    nok: 300,
    pln: 200,
    ron: 200,
    sek: 300,
    thb: 1_000,
  }),
);
const LEAST_ELSEWHERE = 50;

/** Eight digits; more where money is worth less. */
const DIGITS = new Map(Object.entries({ cop: 10, huf: 10, idr: 12, lbp: 14, uzs: 12 }));
const DIGITS_ELSEWHERE = 8;

/** Three decimals of which the last is 0, or two that are. */
const STEPS = new Map(
  Object.entries({ bhd: 10, jod: 10, kwd: 10, omr: 10, tnd: 10, isk: 100, ugx: 100 }),
);

/** @throws StripeFailure amount_too_small, amount_too_large, parameter_invalid_integer */
export function checkAmount(amount: number, currency: string): void {
  const least = LEAST.get(currency) ?? LEAST_ELSEWHERE;
  if (amount < least) {
    const message = `Amount must be at least ${least} in the smallest unit of ${currency}.`;
    throw invalid(message, { code: 'amount_too_small', param: 'amount' });
  }
  const most = 10 ** (DIGITS.get(currency) ?? DIGITS_ELSEWHERE) - 1;
  if (amount > most) {
    const message = `Amount must be no more than ${most} in the smallest unit of ${currency}.`;
    throw invalid(message, { code: 'amount_too_large', param: 'amount' });
  }
  if (amount % (STEPS.get(currency) ?? 1) !== 0) {
    const message = `Amount must be divisible by ${STEPS.get(currency)} in ${currency}.`;
    throw invalid(message, { code: 'parameter_invalid_integer', param: 'amount' });
  }
}
