/** Calls: authorize before the dial, then link, start, check and end. */
import { AUTHORIZE_PROBLEMS, authorizeOne } from '../calls/authorize-one.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callBatchRoute } from './calls-batch.ts';
import { callProgressRoutes } from './calls-progress.ts';
import { callReadRoutes } from './calls-read.ts';
import { callSchema, newCallSchema } from './calls-schema.ts';
import { dialRoutes } from './dial.ts';

export function callRoutes(services: CallServices): Endpoint[] {
  return [
    createRoute(services),
    callBatchRoute(services),
    ...dialRoutes(services),
    ...callProgressRoutes(services),
    ...callReadRoutes(services),
  ];
}

function createRoute(services: CallServices): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/calls',
    tag: 'calls',
    summary: 'Authorizes a call: holds its first stretch and says how long it may last.',
    body: newCallSchema,
    idempotency: 'accepted',
    answers: { 201: callSchema },
    problems: AUTHORIZE_PROBLEMS,
    handle: ({ principal, body }) => authorizeOne(services, principal, body),
  });
}
