import type { ServicePrice } from '../../persistence/index.ts';
import { Problem } from '../http/problem.ts';

/**
 * What `quantity` units cost, in micros: the greater of the minimum and fee + units. 0 units cost 0.
 * @throws Problem invalid_request for a price by the minute, or beyond 2^53-1
 */
export function unitPriceOf(price: ServicePrice, quantity: number): number {
  if (price.unitPriceMicros === null) {
    throw new Problem(
      'invalid_request',
      `${price.service} is priced by the minute: authorize a call, or quote duration_seconds.`,
      { param: 'service' },
    );
  }
  if (quantity === 0) return 0;
  const units = BigInt(price.unitPriceMicros) * BigInt(quantity);
  const total = Number(units + BigInt(price.connectionFeeMicros));
  const amount = Math.max(price.minimumMicros, total);
  if (Number.isSafeInteger(amount)) return amount;
  throw new Problem('invalid_request', 'quantity makes an amount beyond 2^53-1 micros.', {
    param: 'quantity',
  });
}
