import { z } from '@hono/zod-openapi';
import { EVIDENCE, type HoldState, type RequestKey } from '../../engine/index.ts';
import { findHold } from '../holds/find-hold.ts';
import { type Endpoint, type EndpointRequest, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { type Refusal, refusalProblem } from '../http/refusal.ts';
import { requestKeyFor } from '../http/request-key.ts';
import { holdAnswer, holdBody, holdParams, holdSchema } from '../schemas/hold.ts';
import { amountSchema, nonNegativeMicrosSchema } from '../schemas/money.ts';
import type { Services } from '../services.ts';

type Request<B> = EndpointRequest<z.output<typeof holdParams>, unknown, B>;

/** extend, capture and void of a hold: the three ways on from authorize. */
export function holdEndRoutes(services: Services): Endpoint[] {
  const shared = {
    method: 'post',
    tag: 'holds',
    params: holdParams,
    idempotency: 'required',
    answers: { 200: holdSchema },
    problems: [
      'hold_not_found',
      'hold_closed',
      'idempotency_key_required',
      'idempotency_conflict',
      'recovering',
    ],
  } as const;
  return [
    endpoint({
      ...shared,
      path: '/v1/holds/{hold_id}/extend',
      summary: 'Adds to the amount held.',
      problems: [...shared.problems, 'insufficient_funds', 'wallet_frozen'],
      body: z.strictObject({ amount_micros: amountSchema }).openapi('HoldExtension'),
      async handle(request) {
        const found = await openFor(services, request);
        const { amount_micros: amountMicros } = request.body;
        const outcome = await services.engine.extend({ ...found, amountMicros });
        if (outcome.status !== 'done') throw refusalOf(request.params.hold_id, outcome);
        return holdAnswer(200, outcome);
      },
    }),
    endpoint({
      ...shared,
      path: '/v1/holds/{hold_id}/capture',
      summary: 'Ends the hold: takes what was used, releases the rest.',
      body: z.strictObject({ amount_micros: nonNegativeMicrosSchema }).openapi('HoldCapture'),
      async handle(request) {
        const found = await openFor(services, request);
        const { amount_micros: amountMicros } = request.body;
        const evidence = EVIDENCE.caller;
        const outcome = await services.engine.capture({ ...found, amountMicros, evidence });
        if (outcome.status !== 'done') throw refusalOf(request.params.hold_id, outcome);
        return holdAnswer(200, outcome);
      },
    }),
    endpoint({
      ...shared,
      path: '/v1/holds/{hold_id}/void',
      summary: 'Ends the hold and takes nothing.',
      body: z.strictObject({}).openapi('HoldVoid'),
      async handle(request) {
        const outcome = await services.engine.void(await openFor(services, request));
        if (outcome.status !== 'done') throw refusalOf(request.params.hold_id, outcome);
        return holdAnswer(200, outcome);
      },
    }),
  ];
}

/** Finds an amount hold that the key may operate. A call's hold is moved by the call's own routes. */
async function openFor(
  services: Services,
  request: Request<unknown>,
): Promise<{ partition: number; holdId: string; request: RequestKey }> {
  const holdId = request.params.hold_id;
  const { partition, hold } = await findHold(services, request.principal, holdId, 'operate');
  if (hold.kind === 'call') {
    throw new Problem('invalid_request', 'This is the hold of a call: end the call instead.', {
      param: 'hold_id',
      details: { call_id: hold.callId },
    });
  }
  return { partition, holdId, request: requestKeyFor(hold.organizationId, request) };
}

/** `hold_closed` tells the loser of a race what won. */
function refusalOf(holdId: string, refusal: Refusal & { hold?: HoldState }) {
  if (refusal.hold === undefined) return refusalProblem(refusal);
  return refusalProblem(refusal, { hold: holdBody(holdId, refusal.hold) });
}
