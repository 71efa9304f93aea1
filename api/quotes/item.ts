import { z } from '@hono/zod-openapi';
import { priceOf } from '../../engine/index.ts';
import { callPrice, type ServicePrice } from '../../persistence/index.ts';
import { unitPriceOf } from '../charges/unit-price.ts';
import { Problem } from '../http/problem.ts';
import { quantitySchema, serviceSchema } from '../schemas/price.ts';

const DURATION_SECONDS_MAX = 86_400;

/** A service and how much of it: units, or seconds of a call. */
export const itemSchema = z
  .strictObject({
    service: serviceSchema,
    quantity: quantitySchema.optional(),
    duration_seconds: z
      .number('must be a number of seconds')
      .min(0, 'must not be negative')
      .max(DURATION_SECONDS_MAX, `must be at most ${DURATION_SECONDS_MAX}`)
      .optional(),
  })
  .refine((item) => (item.quantity === undefined) !== (item.duration_seconds === undefined), {
    path: ['quantity'],
    message: 'must be given, or duration_seconds instead',
  });

export type Item = z.infer<typeof itemSchema>;

/**
 * What an item costs at a price, in micros.
 * @throws Problem invalid_request when the price is by the other measure
 */
export function amountOf(price: ServicePrice, item: Item): number {
  if (item.duration_seconds === undefined) return unitPriceOf(price, item.quantity ?? 0);
  const perMinute = callPrice(price);
  if (perMinute === undefined) {
    throw new Problem('invalid_request', `${price.service} is priced by the unit: give quantity.`, {
      param: 'items',
    });
  }
  return priceOf(perMinute, Math.round(item.duration_seconds * 1000));
}

/** @throws Problem price_not_found for a missing price */
export function priced(price: ServicePrice | undefined, item: Item): ServicePrice {
  if (price !== undefined) return price;
  throw new Problem('price_not_found', `No price is set for ${item.service}.`, {
    param: 'items',
    details: { service: item.service },
  });
}

/** @throws Problem invalid_request beyond 2^53-1 micros */
export function totalOf(amounts: readonly number[]): number {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  if (Number.isSafeInteger(total)) return total;
  throw new Problem('invalid_request', 'The total is beyond 2^53-1 micros.', { param: 'items' });
}
