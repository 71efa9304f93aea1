import { z } from '@hono/zod-openapi';
import type { ListedTransfer, Transfer } from '../../persistence/index.ts';
import { idSchema, referenceSchema } from './common.ts';
import { amountSchema, microsSchema } from './money.ts';

export const newTransferSchema = z
  .strictObject({
    from_wallet_id: idSchema,
    to_wallet_id: idSchema,
    amount_micros: amountSchema,
    reference: referenceSchema.optional(),
  })
  .refine((transfer) => transfer.from_wallet_id !== transfer.to_wallet_id, {
    path: ['to_wallet_id'],
    message: 'must be another wallet than from_wallet_id',
  })
  .openapi('NewTransfer');

export type NewTransferBody = z.infer<typeof newTransferSchema>;

export const transferSchema = z
  .object({
    id: z.string(),
    state: z.enum(['completed', 'in_transit', 'reversed']),
    from_wallet_id: z.string(),
    to_wallet_id: z.string(),
    amount_micros: microsSchema,
    reference: z.string().optional(),
    reason: z.string().optional().openapi({
      description: 'Why it was reversed: the code that the credit or the debit was refused with.',
    }),
    created_at: z.string().optional().openapi({ description: 'Only where transfers are read.' }),
  })
  .openapi('Transfer');

const PUBLIC_STATES = {
  created: 'in_transit',
  debited: 'in_transit',
  reversing: 'in_transit',
  completed: 'completed',
  reversed: 'reversed',
} as const;

/** A transfer that is not refused, as it is answered to whoever asked for it. */
export function transferBody(
  transfer: Omit<ListedTransfer, 'createdAt'> & { state: keyof typeof PUBLIC_STATES },
) {
  const reason = transfer.refusal?.status;
  return {
    id: transfer.id,
    state: PUBLIC_STATES[transfer.state],
    from_wallet_id: transfer.fromWalletId,
    to_wallet_id: transfer.toWalletId,
    amount_micros: transfer.amountMicros,
    ...(transfer.reference !== null && { reference: transfer.reference }),
    ...(typeof reason === 'string' && { reason }),
  };
}

/** A transfer as it is read. */
export function listedTransferBody(transfer: ListedTransfer) {
  return { ...transferBody(transfer), created_at: transfer.createdAt.toISOString() };
}

/** The states in which a transfer moved, moves or gave back money. */
export function isTransfer(
  transfer: Transfer,
): transfer is Transfer & { state: keyof typeof PUBLIC_STATES } {
  return transfer.state !== 'refused';
}
