/** Charges: money taken in one step, one at a time or many in one request. */
import { answerEach, type BatchRequest, batchAnswerSchema, batchOf } from '../batch/batch.ts';
import { CHARGE_PROBLEMS, chargeOne } from '../charges/charge-one.ts';
import { chargeOfBatchSchema, chargeSchema } from '../charges/schema.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { idempotencyKeyOf } from '../http/idempotency.ts';
import { entryAnswerSchema } from '../schemas/entry.ts';
import type { Services } from '../services.ts';
import { walletParams } from './wallets.ts';

export function chargeRoutes(services: Services): Endpoint[] {
  return [oneRoute(services), batchRoute(services)];
}

function oneRoute(services: Services): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/wallets/{wallet_id}/charges',
    tag: 'charges',
    summary: 'Takes money in one step: an amount, or a quantity of a service by the price book.',
    params: walletParams,
    body: chargeSchema,
    idempotency: 'required',
    answers: { 201: entryAnswerSchema },
    problems: CHARGE_PROBLEMS,
    handle: ({ params: { wallet_id: walletId }, principal, body, operation, idempotencyKey }) =>
      chargeOne(services, { principal, walletId, body, operation, idempotencyKey }),
  });
}

function batchRoute(services: Services): Endpoint {
  return endpoint({
    ...batchOf(chargeOfBatchSchema),
    path: '/v1/charges/batch',
    tag: 'charges',
    summary:
      'Makes up to 100 charges, each as by its own route: its own key, its own answer. One that is ' +
      'refused leaves the others as they are.',
    answers: { 207: batchAnswerSchema(entryAnswerSchema) },
    problems: CHARGE_PROBLEMS,
    handle: (request: BatchRequest) =>
      answerEach(request, chargeOfBatchSchema, ({ wallet_id: walletId, ...item }) => {
        const { idempotency_key: key, ...body } = item;
        const idempotencyKey = idempotencyKeyOf(key ?? null, true, 'idempotency_key');
        const operation = `POST /v1/wallets/${walletId}/charges`;
        const { principal } = request;
        return chargeOne(services, { principal, walletId, body, operation, idempotencyKey });
      }),
  });
}
