import { z } from '@hono/zod-openapi';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { refusalProblem, replayHeaders } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import { descriptionSchema, idSchema, referenceSchema } from '../schemas/common.ts';
import { entryAnswer, entryAnswerSchema } from '../schemas/entry.ts';
import { signedAmountSchema } from '../schemas/money.ts';
import { waitWanted } from '../schemas/wait.ts';
import type { Services } from '../services.ts';
import { walletParams } from './wallets.ts';

const creditSchema = z
  .strictObject({
    kind: z.enum(
      ['deposit', 'bonus', 'refund', 'adjustment'],
      'must be deposit, bonus, refund or adjustment',
    ),
    amount_micros: signedAmountSchema,
    reference: referenceSchema.optional(),
    refunds: idSchema.optional().openapi({ description: 'The entry that a refund gives back.' }),
    description: descriptionSchema.optional(),
    wait_for: waitWanted,
  })
  .refine((credit) => credit.kind === 'adjustment' || credit.amount_micros > 0, {
    path: ['amount_micros'],
    message: 'must be at least 1 micro: only an adjustment may be negative',
  })
  .refine((credit) => (credit.kind === 'refund') === (credit.refunds !== undefined), {
    path: ['refunds'],
    message: 'must name the refunded entry when kind is refund, and only then',
  })
  .openapi('NewCredit');

export function creditRoutes({ access, engine, waitForLedger }: Services): Endpoint[] {
  const credits = endpoint({
    method: 'post',
    path: '/v1/wallets/{wallet_id}/credits',
    tag: 'credits',
    summary: 'Puts money into a wallet; a deposit is answered when it is in the ledger.',
    params: walletParams,
    body: creditSchema,
    idempotency: 'required',
    answers: { 201: entryAnswerSchema },
    problems: [
      'idempotency_key_required',
      'idempotency_conflict',
      'refund_exceeds_charge',
      'entry_not_in_ledger',
      'balance_out_of_range',
      'recovering',
      'ledger_wait_timeout',
    ],
    async handle(request) {
      const { principal, params, body } = request;
      const wallet = await access.wallet(principal, params.wallet_id, 'treasury');
      const outcome = await engine.credit({
        partition: wallet.partition,
        request: requestKeyFor(wallet.organizationId, request),
        organizationId: wallet.organizationId,
        walletId: wallet.id,
        kind: body.kind,
        amountMicros: body.amount_micros,
        ...(body.refunds !== undefined && { refunds: body.refunds }),
        memo: {
          ...(body.reference !== undefined && { reference: body.reference }),
          ...(body.description !== undefined && { description: body.description }),
          ...(body.refunds !== undefined && { refunds: body.refunds }),
        },
      });
      if (outcome.status !== 'done') throw refusalProblem(outcome);
      if (body.kind === 'deposit' || body.wait_for === 'ledger') {
        await waitForLedger(outcome.entry);
      }
      return {
        status: 201,
        body: entryAnswer(outcome.entry, wallet.id),
        headers: replayHeaders(outcome.replayed),
      };
    },
  });
  return [credits];
}
