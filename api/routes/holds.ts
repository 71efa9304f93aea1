import { z } from '@hono/zod-openapi';
import { FREE, NO_POLICY, newId } from '../../engine/index.ts';
import { findHold } from '../holds/find-hold.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import { idSchema, referenceSchema } from '../schemas/common.ts';
import { holdAnswer, holdBody, holdParams, holdSchema } from '../schemas/hold.ts';
import { amountSchema } from '../schemas/money.ts';
import type { Services } from '../services.ts';
import { holdEndRoutes } from './hold-ends.ts';

const TTL_SECONDS_DEFAULT = 3600;
const TTL_SECONDS_MAX = 30 * 86_400;

const newHoldSchema = z
  .strictObject({
    wallet_id: idSchema,
    amount_micros: amountSchema,
    reference: referenceSchema.optional(),
    ttl_seconds: z
      .int('must be an integer number of seconds')
      .min(1, 'must be at least 1')
      .max(TTL_SECONDS_MAX, `must be at most ${TTL_SECONDS_MAX}`)
      .optional()
      .openapi({
        description: `The money is released after it; ${TTL_SECONDS_DEFAULT} if absent.`,
      }),
  })
  .openapi('NewHold');

export function holdRoutes(services: Services): Endpoint[] {
  return [createRoute(services), getRoute(services), ...holdEndRoutes(services)];
}

function createRoute(services: Services): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/holds',
    tag: 'holds',
    summary: 'Sets money of a wallet aside.',
    body: newHoldSchema,
    idempotency: 'required',
    answers: { 201: holdSchema },
    problems: [
      'insufficient_funds',
      'wallet_frozen',
      'idempotency_key_required',
      'idempotency_conflict',
      'balance_out_of_range',
      'recovering',
      'ledger_backlogged',
      'engine_full',
    ],
    async handle(request) {
      const { principal, body } = request;
      const wallet = await services.access.wallet(principal, body.wallet_id, 'operate');
      const organization = await services.directory.organizations.get(wallet.organizationId);
      const unbilled = organization?.billingEnabled === false;
      const key = requestKeyFor(wallet.organizationId, request);
      const outcome = await services.engine.authorize({
        partition: wallet.partition,
        request: key,
        // A retry under the same key is answered with the first one's hold; this id is then not used.
        holdId: newId('hold'),
        organizationId: wallet.organizationId,
        kind: 'amount',
        callId: '',
        hasProvider: false,
        ttlMs: (body.ttl_seconds ?? TTL_SECONDS_DEFAULT) * 1000,
        maxDurationMs: 0,
        capFloorMs: 0,
        policy: NO_POLICY,
        unbilled,
        legs: [
          {
            walletId: wallet.id,
            role: 'client',
            amountMicros: unbilled ? 0 : body.amount_micros,
            price: FREE,
          },
        ],
        memo: body.reference === undefined ? {} : { reference: body.reference },
      });
      if (outcome.status === 'hold_exists') throw new Problem('idempotency_conflict');
      if (outcome.status !== 'done') throw refusalProblem(outcome);
      services.recentHolds.add(outcome.entry.holdId, wallet.organizationId);
      return holdAnswer(201, outcome);
    },
  });
}

function getRoute(services: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/holds/{hold_id}',
    tag: 'holds',
    summary: 'Reads a hold.',
    params: holdParams,
    answers: { 200: holdSchema },
    problems: ['hold_not_found', 'recovering'],
    async handle({ principal, params }) {
      const { hold } = await findHold(services, principal, params.hold_id, 'read');
      return { status: 200, body: holdBody(params.hold_id, hold) };
    },
  });
}
