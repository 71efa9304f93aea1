/** Calls: authorize before the dial, then link, start, check and end. */
import type { z } from '@hono/zod-openapi';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { fingerprintOf } from '../http/idempotency.ts';
import { Problem } from '../http/problem.ts';
import { replayHeaders } from '../http/refusal.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callProgressRoutes } from './calls-progress.ts';
import { callReadRoutes } from './calls-read.ts';
import { notAuthorized } from './calls-refusal.ts';
import { callSchema, newCallSchema } from './calls-schema.ts';
import { dialRoutes } from './dial.ts';

export function callRoutes(services: CallServices): Endpoint[] {
  return [
    createRoute(services),
    ...dialRoutes(services),
    ...callProgressRoutes(services),
    ...callReadRoutes(services),
  ];
}

type NewCall = z.output<typeof newCallSchema>;

function createRoute(services: CallServices): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/calls',
    tag: 'calls',
    summary: 'Authorizes a call: holds its first stretch and says how long it may last.',
    body: newCallSchema,
    idempotency: 'accepted',
    answers: { 201: callSchema },
    problems: [
      'insufficient_funds',
      'wallet_frozen',
      'too_many_live_calls',
      'price_not_found',
      'currency_mismatch',
      'idempotency_conflict',
      'hold_closed',
      'recovering',
      'ledger_backlogged',
      'engine_full',
    ],
    async handle({ principal, body }) {
      const organizationId = ownerOf(principal, body);
      await services.access.organization(principal, organizationId, 'operate');
      const decision = await services.sessions.authorize({
        organizationId,
        callId: body.call_id,
        fingerprint: fingerprintOf({ ...body, organization_id: organizationId }),
        walletId: body.wallet_id,
        service: body.service,
        provider: body.provider,
        providerCallId: body.provider_call_id,
        controlUrl: body.control?.url,
        destination: body.destination,
        maxDurationSeconds: body.max_duration_seconds,
        metadata: body.metadata,
      });
      if (decision.status === 'authorized') {
        return { status: 201, body: decision.call, headers: replayHeaders(decision.replayed) };
      }
      throw await notAuthorized(services, organizationId, body.call_id, decision);
    },
  });
}

/** The platform's keys belong to no organization and must name one. */
function ownerOf(principal: Principal, body: NewCall): string {
  const organizationId = body.organization_id ?? principal.organizationId;
  if (organizationId !== null) return organizationId;
  throw new Problem('invalid_request', 'organization_id is required.', {
    param: 'organization_id',
  });
}
