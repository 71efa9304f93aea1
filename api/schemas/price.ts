import { z } from '@hono/zod-openapi';
import type { ServicePrice } from '../../persistence/index.ts';
import { idSchema } from './common.ts';
import { currencySchema } from './currency.ts';
import { microsSchema, nonNegativeMicrosSchema } from './money.ts';

const RATE_MAX = 1_000_000_000;
const QUANTITY_MAX = 1_000_000_000;
const INCREMENT_SECONDS_MAX = 3600;

/** A service's name: `voice_minute` is calls; `llm_tokens:model-name` is one model's tokens. */
export const serviceSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_.:-]{0,127}$/, 'must be a lower-case name such as voice_minute')
  .openapi({ example: 'voice_minute' });

export const quantitySchema = z
  .int('must be an integer number of units')
  .min(1, 'must be at least 1')
  .max(QUANTITY_MAX, `must be at most ${QUANTITY_MAX}`);

export const bookSchema = z.enum(['retail', 'wholesale'], 'must be retail or wholesale');

export const incrementSchema = z
  .string()
  .regex(/^(exact|\d{1,4}\/\d{1,4})$/, 'must be initial/subsequent seconds such as 60/60, or exact')
  .refine(
    (value) =>
      value === 'exact' ||
      value.split('/').every((part) => Number(part) >= 1 && Number(part) <= INCREMENT_SECONDS_MAX),
    `must be between 1 and ${INCREMENT_SECONDS_MAX} seconds`,
  )
  .openapi({ example: '60/60' });

export const newPriceSchema = z
  .strictObject({
    organization_id: idSchema.optional().openapi({ description: 'Absent: the platform default.' }),
    book: bookSchema.optional(),
    unit: z
      .string('must be a word')
      .regex(/^[a-z0-9][a-z0-9_ ]{0,63}$/, 'must be a word such as minute or segment'),
    rate_micros_per_minute: nonNegativeMicrosSchema
      .max(RATE_MAX, `must be at most ${RATE_MAX} micros per minute`)
      .optional(),
    unit_price_micros: nonNegativeMicrosSchema.optional(),
    increment: incrementSchema.optional(),
    connection_fee_micros: nonNegativeMicrosSchema.optional(),
    minimum_micros: nonNegativeMicrosSchema.optional(),
    currency: currencySchema,
  })
  .refine(
    (price) =>
      (price.rate_micros_per_minute === undefined) !== (price.unit_price_micros === undefined),
    { path: ['unit_price_micros'], message: 'must be given, or rate_micros_per_minute instead' },
  )
  .refine((price) => price.increment === undefined || price.rate_micros_per_minute !== undefined, {
    path: ['increment'],
    message: 'must come with rate_micros_per_minute',
  })
  .openapi('NewPrice');

export const priceSchema = z
  .object({
    service: z.string(),
    organization_id: z.string().nullable(),
    book: bookSchema,
    unit: z.string(),
    rate_micros_per_minute: microsSchema.optional(),
    unit_price_micros: microsSchema.optional(),
    increment: z.string().optional(),
    connection_fee_micros: microsSchema,
    minimum_micros: microsSchema,
    currency: z.string(),
    updated_at: z.string(),
  })
  .openapi('Price');

export function priceBody(price: ServicePrice) {
  return {
    service: price.service,
    organization_id: price.organizationId,
    book: price.book,
    unit: price.unit,
    ...(price.rateMicrosPerMinute !== null && {
      rate_micros_per_minute: price.rateMicrosPerMinute,
      increment: price.exact ? 'exact' : `${price.initialSeconds}/${price.subsequentSeconds}`,
    }),
    ...(price.unitPriceMicros !== null && { unit_price_micros: price.unitPriceMicros }),
    connection_fee_micros: price.connectionFeeMicros,
    minimum_micros: price.minimumMicros,
    currency: price.currency,
    updated_at: price.updatedAt.toISOString(),
  };
}
