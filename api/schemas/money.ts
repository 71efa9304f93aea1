import { z } from '@hono/zod-openapi';

const RANGE = 'must be an integer number of micros within 2^53-1, as a JSON number';

/** Any money value of an answer. */
export const microsSchema = z.int().openapi({ format: 'int64', example: 5_000_000 });

/** An amount that moves: at least 1 micro. */
export const amountSchema = z
  .int({ error: RANGE })
  .min(1, 'must be at least 1 micro')
  .openapi({ format: 'int64', example: 25_000_000 });

/** An amount that may go either way, but not nowhere. */
export const signedAmountSchema = z
  .int({ error: RANGE })
  .refine((value) => value !== 0, 'must not be 0')
  .openapi({ format: 'int64', example: -1_000_000 });

/** A limit, a threshold, a fee: 0 or more. */
export const nonNegativeMicrosSchema = z
  .int({ error: RANGE })
  .min(0, 'must not be negative')
  .openapi({ format: 'int64', example: 0 });
