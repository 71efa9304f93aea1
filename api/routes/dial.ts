/** Dial: authorize a call and have its provider place it, once. */
import type { Dialled } from '../../kill-switch/index.ts';
import type { Principal } from '../auth/principal.ts';
import { notAuthorized } from '../calls/refusal.ts';
import { type Answer, type Endpoint, endpoint } from '../http/endpoint.ts';
import { fingerprintOf } from '../http/idempotency.ts';
import { Problem } from '../http/problem.ts';
import { replayHeaders } from '../http/refusal.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callParams, callQuery } from './calls-schema.ts';
import { dialledCallSchema, dialSchema, orderOf } from './dial-schema.ts';

export function dialRoutes(services: CallServices): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/v1/calls/{call_id}/dial',
      tag: 'calls',
      summary: 'Authorizes a call and places it at its provider, with the cap and the ids set.',
      params: callParams,
      query: callQuery,
      body: dialSchema,
      answers: { 201: dialledCallSchema, 202: dialledCallSchema },
      problems: [
        'insufficient_funds',
        'wallet_frozen',
        'too_many_live_calls',
        'price_not_found',
        'currency_mismatch',
        'idempotency_conflict',
        'hold_closed',
        'provider_refused',
        'provider_not_configured',
        'recovering',
        'postgres_unreachable',
      ],
      async handle({ principal, params, query, body }) {
        const organizationId = ownerOf(principal, body.organization_id ?? query.organization_id);
        await services.access.organization(principal, organizationId, 'operate');
        const callId = params.call_id;
        const dialled = await services.dial({
          authorize: {
            organizationId,
            callId,
            fingerprint: fingerprintOf({ dial: body, organization_id: organizationId }),
            walletId: body.wallet_id,
            service: body.service,
            provider: body.provider,
            destination: body.to,
            maxDurationSeconds: body.max_duration_seconds,
            metadata: body.metadata,
          },
          order: orderOf(body),
        });
        if (dialled.status === 'not_authorized') {
          throw await notAuthorized(services, organizationId, callId, dialled.decision);
        }
        return answerTo(dialled);
      },
    }),
  ];
}

/** The platform's keys belong to no organization and must name one. */
function ownerOf(principal: Principal, named: string | undefined): string {
  const organizationId = named ?? principal.organizationId;
  if (organizationId !== null) return organizationId;
  throw new Problem('invalid_request', 'organization_id is required.', {
    param: 'organization_id',
  });
}

/** @throws Problem */
function answerTo(dialled: Exclude<Dialled, { status: 'not_authorized' }>): Answer {
  switch (dialled.status) {
    case 'other_order':
      throw new Problem('idempotency_conflict', 'This call was dialled with another order.', {
        param: 'call_id',
      });
    case 'no_credentials':
      throw new Problem('provider_not_configured', undefined, { param: 'provider' });
    case 'refused': {
      const { providerStatus = null, replayed } = dialled;
      throw new Problem('provider_refused', undefined, {
        details: { provider_status: providerStatus },
        headers: replayHeaders(replayed),
      });
    }
    default: {
      const { status: state, call, replayed } = dialled;
      return {
        status: state === 'created' ? 201 : 202,
        body: { ...call, dial: { state } },
        headers: replayHeaders(replayed),
      };
    }
  }
}
