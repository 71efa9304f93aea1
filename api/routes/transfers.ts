import { derivedId, ERRORS, type ErrorCode, OutageError } from '../../engine/index.ts';
import type { Transfer, Wallet } from '../../persistence/index.ts';
import { forbidden } from '../auth/access.ts';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, type EndpointRequest, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem, replayHeaders } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import {
  isTransfer,
  type NewTransferBody,
  newTransferSchema,
  transferBody,
  transferSchema,
} from '../schemas/transfer.ts';
import type { Services } from '../services.ts';
import { createSaga } from '../transfers/saga.ts';
import { transferReadRoutes } from './transfer-reads.ts';

type Request = EndpointRequest<unknown, unknown, NewTransferBody>;

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
  return [transfers, ...transferReadRoutes(services)];

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

function transferAnswer(transfer: Transfer, replayed: boolean) {
  if (!isTransfer(transfer)) throw refusalProblem(storedRefusal(transfer, replayed));
  return { status: 201, body: transferBody(transfer), headers: replayHeaders(replayed) };
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
