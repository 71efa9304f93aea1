import { z } from '@hono/zod-openapi';
import type { Wallet } from '../../persistence/index.ts';
import { amountLegs, type ChargeLeg, serviceLegs } from '../charges/legs.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem, replayHeaders } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import { descriptionSchema, referenceSchema } from '../schemas/common.ts';
import { entryAnswer, entryAnswerSchema } from '../schemas/entry.ts';
import { amountSchema } from '../schemas/money.ts';
import { quantitySchema, serviceSchema } from '../schemas/price.ts';
import { waitWanted } from '../schemas/wait.ts';
import type { Services } from '../services.ts';
import { walletParams } from './wallets.ts';

const chargeSchema = z
  .strictObject({
    amount_micros: amountSchema.optional(),
    service: serviceSchema.optional(),
    quantity: quantitySchema.optional(),
    reference: referenceSchema.optional(),
    overdraft: z.boolean('must be true or false').optional().openapi({
      description: 'false: an asset, paid only from money that is there; credit does not count.',
    }),
    description: descriptionSchema.optional(),
    wait_for: waitWanted,
  })
  .refine((charge) => (charge.amount_micros === undefined) !== (charge.service === undefined), {
    path: ['amount_micros'],
    message: 'must be given, or service and quantity instead',
  })
  .refine((charge) => (charge.service === undefined) === (charge.quantity === undefined), {
    path: ['quantity'],
    message: 'must come with service',
  })
  .openapi('NewCharge');

type Charge = z.infer<typeof chargeSchema>;

export function chargeRoutes(services: Services): Endpoint[] {
  const { access, directory, engine, waitForLedger } = services;
  const charges = endpoint({
    method: 'post',
    path: '/v1/wallets/{wallet_id}/charges',
    tag: 'charges',
    summary: 'Takes money in one step: an amount, or a quantity of a service by the price book.',
    params: walletParams,
    body: chargeSchema,
    idempotency: 'required',
    answers: { 201: entryAnswerSchema },
    problems: [
      'insufficient_funds',
      'wallet_frozen',
      'idempotency_key_required',
      'idempotency_conflict',
      'price_not_found',
      'currency_mismatch',
      'recovering',
      'ledger_backlogged',
      'ledger_wait_timeout',
    ],
    async handle(request) {
      const { principal, params, body } = request;
      const wallet = await access.wallet(principal, params.wallet_id, 'operate');
      const organization = await directory.organizations.get(wallet.organizationId);
      if (organization === undefined) throw new Problem('not_found');
      const unbilled = !organization.billingEnabled;
      const outcome = await engine.charge({
        partition: wallet.partition,
        request: requestKeyFor(wallet.organizationId, request),
        organizationId: wallet.organizationId,
        legs: await legsOf(wallet, body, unbilled),
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
    },
  });
  return [charges];

  async function legsOf(wallet: Wallet, body: Charge, unbilled: boolean): Promise<ChargeLeg[]> {
    if (body.service === undefined || body.quantity === undefined) {
      return amountLegs(wallet, unbilled ? 0 : (body.amount_micros ?? 0));
    }
    if (unbilled) return amountLegs(wallet, 0);
    return serviceLegs(directory, wallet, body.service, body.quantity);
  }
}

function memoOf(body: Charge) {
  return {
    ...(body.reference !== undefined && { reference: body.reference }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.service !== undefined && { service: body.service }),
    ...(body.quantity !== undefined && { quantity: body.quantity }),
  };
}
