/** Authorizes one call: of the route for one, or of a batch. */
import type { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../../engine/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Answer } from '../http/endpoint.ts';
import { fingerprintOf } from '../http/idempotency.ts';
import { Problem } from '../http/problem.ts';
import { replayHeaders } from '../http/refusal.ts';
import type { newCallSchema } from '../routes/calls-schema.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { notAuthorized } from './refusal.ts';

export type NewCall = z.output<typeof newCallSchema>;

/** Why a call may not start, besides what every route can answer. */
export const AUTHORIZE_PROBLEMS: readonly ErrorCode[] = [
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
];

/** @throws Problem one of AUTHORIZE_PROBLEMS, not_found, forbidden, invalid_request */
export async function authorizeOne(
  services: CallServices,
  principal: Principal,
  body: NewCall,
): Promise<Answer> {
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
}

/** The platform's keys belong to no organization and must name one. */
function ownerOf(principal: Principal, body: NewCall): string {
  const organizationId = body.organization_id ?? principal.organizationId;
  if (organizationId !== null) return organizationId;
  throw new Problem('invalid_request', 'organization_id is required.', {
    param: 'organization_id',
  });
}
