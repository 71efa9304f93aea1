/** What a charge takes: an amount, or a quantity of a service. */
import { z } from '@hono/zod-openapi';
import { descriptionSchema, idSchema, referenceSchema } from '../schemas/common.ts';
import { amountSchema } from '../schemas/money.ts';
import { quantitySchema, serviceSchema } from '../schemas/price.ts';
import { waitWanted } from '../schemas/wait.ts';

const fields = {
  amount_micros: amountSchema.optional(),
  service: serviceSchema.optional(),
  quantity: quantitySchema.optional(),
  reference: referenceSchema.optional(),
  overdraft: z.boolean('must be true or false').optional().openapi({
    description: 'false: an asset, paid only from money that is there; credit does not count.',
  }),
  description: descriptionSchema.optional(),
  wait_for: waitWanted,
};

interface Priced {
  amount_micros?: number | undefined;
  service?: string | undefined;
  quantity?: number | undefined;
}

const oneOfBoth = (charge: Priced) =>
  (charge.amount_micros === undefined) !== (charge.service === undefined);
const ONE_OF_BOTH = {
  path: ['amount_micros'],
  message: 'must be given, or service and quantity instead',
};
const together = (charge: Priced) =>
  (charge.service === undefined) === (charge.quantity === undefined);
const TOGETHER = { path: ['quantity'], message: 'must come with service' };

export const chargeSchema = z
  .strictObject(fields)
  .refine(oneOfBoth, ONE_OF_BOTH)
  .refine(together, TOGETHER)
  .openapi('NewCharge');

/** The same with what the route for one has in its path and in its header. */
export const chargeOfBatchSchema = z
  .strictObject({
    wallet_id: idSchema,
    idempotency_key: z.string().optional().openapi({
      description: 'As the Idempotency-Key header of the route for one charge. Required.',
      maxLength: 255,
    }),
    ...fields,
  })
  .refine(oneOfBoth, ONE_OF_BOTH)
  .refine(together, TOGETHER)
  .openapi('ChargeOfBatch');

export type Charge = z.output<typeof chargeSchema>;
