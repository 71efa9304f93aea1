/** Makes one charge: of the route for one, or of a batch. */
import type { ErrorCode } from '../../engine/index.ts';
import type { Wallet } from '../../persistence/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Answer } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem, replayHeaders } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import { entryAnswer } from '../schemas/entry.ts';
import type { Services } from '../services.ts';
import { amountLegs, type ChargeLeg, serviceLegs } from './legs.ts';
import type { Charge } from './schema.ts';

/** Why a charge may not be made, besides what every route can answer. */
export const CHARGE_PROBLEMS: readonly ErrorCode[] = [
  'insufficient_funds',
  'wallet_frozen',
  'idempotency_key_required',
  'idempotency_conflict',
  'price_not_found',
  'currency_mismatch',
  'recovering',
  'ledger_backlogged',
  'ledger_wait_timeout',
];

export interface ChargeRequest {
  readonly principal: Principal;
  readonly walletId: string;
  readonly body: Charge;
  /** `POST /v1/wallets/{id}/charges` with the wallet's id: with the key it names the request. */
  readonly operation: string;
  readonly idempotencyKey: string | undefined;
}

/** @throws Problem one of CHARGE_PROBLEMS, not_found, forbidden, invalid_request */
export async function chargeOne(services: Services, request: ChargeRequest): Promise<Answer> {
  const { access, directory, engine, waitForLedger } = services;
  const { principal, body } = request;
  const wallet = await access.wallet(principal, request.walletId, 'operate');
  const organization = await directory.organizations.get(wallet.organizationId);
  if (organization === undefined) throw new Problem('not_found');
  const unbilled = !organization.billingEnabled;
  const outcome = await engine.charge({
    partition: wallet.partition,
    request: requestKeyFor(wallet.organizationId, request),
    organizationId: wallet.organizationId,
    legs: await legsOf(services, wallet, body, unbilled),
    overdraft: body.overdraft ?? true,
    unbilled,
    memo: memoOf(body),
  });
  if (outcome.status !== 'done') throw refusalProblem(outcome);
  if (body.overdraft === false || body.wait_for === 'ledger') {
    await waitForLedger(outcome.entry);
  }
  return {
    status: 201,
    body: entryAnswer(outcome.entry, wallet.id),
    headers: replayHeaders(outcome.replayed),
  };
}

async function legsOf(
  { directory }: Services,
  wallet: Wallet,
  body: Charge,
  unbilled: boolean,
): Promise<ChargeLeg[]> {
  if (body.service === undefined || body.quantity === undefined) {
    return amountLegs(wallet, unbilled ? 0 : (body.amount_micros ?? 0));
  }
  if (unbilled) return amountLegs(wallet, 0);
  return serviceLegs(directory, wallet, body.service, body.quantity);
}

function memoOf(body: Charge) {
  return {
    ...(body.reference !== undefined && { reference: body.reference }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.service !== undefined && { service: body.service }),
    ...(body.quantity !== undefined && { quantity: body.quantity }),
  };
}
