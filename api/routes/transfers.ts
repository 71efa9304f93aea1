import { z } from '@hono/zod-openapi';
import { derivedId, ERRORS, type ErrorCode, OutageError } from '../../engine/index.ts';
import type { Transfer, Wallet } from '../../persistence/index.ts';
import { forbidden } from '../auth/access.ts';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, type EndpointRequest, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem, replayHeaders } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import { idSchema, referenceSchema } from '../schemas/common.ts';
import { amountSchema, microsSchema } from '../schemas/money.ts';
import type { Services } from '../services.ts';
import { createSaga } from '../transfers/saga.ts';

const newTransferSchema = z
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

const transferSchema = z
  .object({
    id: z.string(),
    state: z.enum(['completed', 'in_transit', 'reversed']),
    from_wallet_id: z.string(),
    to_wallet_id: z.string(),
    amount_micros: microsSchema,
    reference: z.string().optional(),
  })
  .openapi('Transfer');

type NewTransfer = z.infer<typeof newTransferSchema>;
type Request = EndpointRequest<unknown, unknown, NewTransfer>;

export function transferRoutes(services: Services): Endpoint[] {
  const advance = createSaga(services);
  const transfers = endpoint({
    method: 'post',
    path: '/v1/transfers',
    tag: 'transfers',
    summary: 'Moves money between two wallets of one currency.',
    body: newTransferSchema,
    idempotency: 'required',
    answers: { 201: transferSchema },
    problems: [
      'insufficient_funds',
      'wallet_frozen',
      'idempotency_key_required',
      'idempotency_conflict',
      'currency_mismatch',
      'balance_out_of_range',
      'recovering',
      'ledger_backlogged',
    ],
    async handle(request) {
      const { principal, body } = request;
      const from = await services.access.wallet(principal, body.from_wallet_id, 'operate');
      const to = await services.access.wallet(principal, body.to_wallet_id, 'read');
      agencyOrPlatform(principal);
      if (from.currency !== to.currency) throw mismatch(from, to);
      if (from.partition === to.partition) return inPartition(services, request, from, to);
      return across(request, from, to);
    },
  });
  return [transfers];

  async function across(request: Request, from: Wallet, to: Wallet) {
    const key = requestKeyFor(from.organizationId, request);
    const { created, transfer } = await services.directory.transfers.create({
      organizationId: from.organizationId,
      fromWalletId: from.id,
      toWalletId: to.id,
      amountMicros: request.body.amount_micros,
      reference: request.body.reference,
      request: { scope: key.scope, key: key.key, fingerprint: key.fingerprint },
    });
    if (transfer.fingerprint !== key.fingerprint) throw new Problem('idempotency_conflict');
    const moved = await advance(transfer).catch((error: unknown) => {
      if (error instanceof OutageError) return transfer;
      throw error;
    });
    return transferAnswer(moved, !created);
  }
}

/** Money moves by the platform, or from an agency's own wallet; client keys only spend. */
function agencyOrPlatform(principal: Principal): void {
  if (principal.role !== 'platform' && principal.role !== 'agency') throw forbidden();
}

function mismatch(from: Wallet, to: Wallet): Problem {
  return new Problem('currency_mismatch', 'The two wallets are in different currencies.', {
    param: 'to_wallet_id',
    details: { from_currency: from.currency, to_currency: to.currency },
  });
}

/** One script moves both wallets. The id comes from the request, so that a replay says the same. */
async function inPartition({ engine }: Services, request: Request, from: Wallet, to: Wallet) {
  const key = requestKeyFor(from.organizationId, request);
  const id = derivedId('trf', key.scope, key.key);
  const { body } = request;
  const outcome = await engine.transfer({
    partition: from.partition,
    request: key,
    organizationId: from.organizationId,
    fromWalletId: from.id,
    toWalletId: to.id,
    amountMicros: body.amount_micros,
    memo: {
      transfer_id: id,
      ...(body.reference !== undefined && { reference: body.reference }),
    },
  });
  if (outcome.status !== 'done') throw refusalProblem(outcome);
  return {
    status: 201,
    body: { id, state: 'completed', ...body },
    headers: replayHeaders(outcome.replayed),
  };
}

const PUBLIC_STATES = {
  created: 'in_transit',
  debited: 'in_transit',
  reversing: 'in_transit',
  completed: 'completed',
  reversed: 'reversed',
} as const;

function transferAnswer(transfer: Transfer, replayed: boolean) {
  if (transfer.state === 'refused') throw refusalProblem(storedRefusal(transfer, replayed));
  return {
    status: 201,
    body: {
      id: transfer.id,
      state: PUBLIC_STATES[transfer.state],
      from_wallet_id: transfer.fromWalletId,
      to_wallet_id: transfer.toWalletId,
      amount_micros: transfer.amountMicros,
      ...(transfer.reference !== null && { reference: transfer.reference }),
    },
    headers: replayHeaders(replayed),
  };
}

function storedRefusal(transfer: Transfer, replayed: boolean) {
  const status = transfer.refusal?.status;
  if (typeof status !== 'string' || !isErrorCode(status)) {
    throw new Error(`transfer ${transfer.id} was refused without a reason`);
  }
  return { ...transfer.refusal, status, replayed };
}

function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(ERRORS, word);
}
