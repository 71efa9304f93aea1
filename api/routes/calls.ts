/** Calls: authorize before the dial, then link, start, check and end. */
import type { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../../engine/index.ts';
import type { CallSessions } from '../../kill-switch/index.ts';
import type { Principal } from '../auth/principal.ts';
import { type Answer, type Endpoint, endpoint } from '../http/endpoint.ts';
import { fingerprintOf } from '../http/idempotency.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem, replayHeaders } from '../http/refusal.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callProgressRoutes } from './calls-progress.ts';
import { callReadRoutes } from './calls-read.ts';
import { callSchema, newCallSchema } from './calls-schema.ts';

export function callRoutes(services: CallServices): Endpoint[] {
  return [createRoute(services), ...callProgressRoutes(services), ...callReadRoutes(services)];
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
      return await answerTo(services, body, organizationId, decision);
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

type Decision = Awaited<ReturnType<CallSessions['authorize']>>;

async function answerTo(
  services: CallServices,
  body: NewCall,
  organizationId: string,
  decision: Decision,
): Promise<Answer> {
  switch (decision.status) {
    case 'authorized':
      return { status: 201, body: decision.call, headers: replayHeaders(decision.replayed) };
    case 'organization_not_found':
      throw new Problem('not_found', undefined, { param: 'organization_id' });
    case 'wallet_not_found':
      throw new Problem('not_found', 'There is no such wallet of this organization.', {
        param: 'wallet_id',
      });
    case 'price_not_found': {
      const { service, book } = decision;
      throw new Problem('price_not_found', undefined, { details: { service, book } });
    }
    case 'currency_mismatch':
      throw new Problem('currency_mismatch', undefined, {
        param: 'wallet_id',
        details: {
          wallet_currency: decision.walletCurrency,
          price_currency: decision.priceCurrency,
        },
      });
    case 'too_many_agencies':
      throw new Problem('invalid_request', 'More than three agencies above charge for this call.');
    case 'hold_exists':
    case 'idempotency_conflict':
      throw await conflict(services, organizationId, body.call_id);
    default:
      throw refusalProblem(decision);
  }
}

/** The call exists: over, and this is its result; or authorized with another body. */
async function conflict(services: CallServices, organizationId: string, callId: string) {
  const { sessions } = services;
  const place = await sessions.identify(organizationId, callId);
  const call = place && (await sessions.get(place));
  const code: ErrorCode =
    call?.captured_micros === undefined ? 'idempotency_conflict' : 'hold_closed';
  return new Problem(code, undefined, {
    param: 'call_id',
    ...(call === undefined ? {} : { details: { call } }),
  });
}
