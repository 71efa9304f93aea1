/** Reading calls: a list, one, and the timeline that explains it. */
import { z } from '@hono/zod-openapi';
import type { Call } from '../../kill-switch/index.ts';
import type { CallListRequest, CallStep, ListedCall } from '../../persistence/index.ts';
import type { Principal } from '../auth/principal.ts';
import { explainCall } from '../explain/explain-call.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { idSchema, listOf, pageQuery } from '../schemas/common.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callNotFound, findCall } from '../webhooks/find-call.ts';
import {
  callIdSchema,
  callParams,
  callQuery,
  callSchema,
  callStateSchema,
  explanationSchema,
} from './calls-schema.ts';

const listQuery = z.object({
  ...pageQuery,
  starting_after: callIdSchema.optional(),
  organization_id: idSchema.optional(),
  state: callStateSchema.optional(),
});

export function callReadRoutes(services: CallServices): Endpoint[] {
  return [listRoute(services), getRoute(services), explainRoute(services)];
}

function listRoute(services: CallServices): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/calls',
    tag: 'calls',
    summary: 'Calls, newest first, as the ledger knows them.',
    query: listQuery,
    answers: { 200: listOf(callSchema) },
    problems: ['call_not_found', 'ambiguous_call'],
    async handle({ principal, query }) {
      const page = await services.directory.callList.list({
        limit: query.limit,
        ...(await scopeOf(services, principal, query.organization_id)),
        state: query.state,
        startingAfter: await cursorOf(services, principal, query),
      });
      if (page === undefined) throw callNotFound(query.starting_after ?? '');
      const data = await Promise.all(page.data.map((listed) => listedCall(services, listed)));
      const known = data.filter((call) => call !== undefined);
      return { status: 200, body: { data: known, has_more: page.hasMore } };
    },
  });
}

type Scope = Pick<CallListRequest, 'organizationId' | 'within'>;

async function scopeOf(
  services: CallServices,
  principal: Principal,
  organizationId: string | undefined,
): Promise<Scope> {
  if (organizationId === undefined) return services.access.scope(principal);
  await services.access.organization(principal, organizationId, 'read');
  return { organizationId };
}

async function cursorOf(
  services: CallServices,
  principal: Principal,
  query: { starting_after?: string | undefined; organization_id?: string | undefined },
) {
  if (query.starting_after === undefined) return undefined;
  const { starting_after: callId, organization_id: organizationId } = query;
  return await findCall(services, principal, callId, organizationId, 'read');
}

/** A call whose hold is not committed yet is asked of the engine. */
async function listedCall(
  services: CallServices,
  { call, hold }: ListedCall,
): Promise<Call | undefined> {
  const place = await services.sessions.identify(call.organizationId, call.callId);
  if (place === undefined) return undefined;
  if (hold === undefined) return await services.sessions.get(place);
  return await services.sessions.describe(place, hold);
}

const one = {
  method: 'get',
  tag: 'calls',
  params: callParams,
  query: callQuery,
  problems: ['call_not_found', 'ambiguous_call', 'recovering'],
} as const;

function getRoute(services: CallServices): Endpoint {
  return endpoint({
    ...one,
    path: '/v1/calls/{call_id}',
    summary: 'One call as it stands.',
    answers: { 200: callSchema },
    async handle({ principal, params, query }) {
      const { call_id } = params;
      const place = await findCall(services, principal, call_id, query.organization_id, 'read');
      const call = await services.sessions.get(place);
      if (call === undefined) throw callNotFound(call_id);
      return { status: 200, body: call };
    },
  });
}

function explainRoute(services: CallServices): Endpoint {
  return endpoint({
    ...one,
    path: '/v1/calls/{call_id}/explain',
    summary: 'Every decision about the call, in order, with its numbers.',
    answers: { 200: explanationSchema },
    async handle({ principal, params, query }) {
      const { call_id } = params;
      const place = await findCall(services, principal, call_id, query.organization_id, 'read');
      const [call, steps] = await Promise.all([
        services.sessions.get(place),
        services.directory.callEvents.timeline(place),
      ]);
      // A call that was refused has no hold, and still a story.
      if (call === undefined && steps.length === 0) throw callNotFound(call_id);
      const currencies = await currenciesOf(services, call, steps);
      const timeline = explainCall(call, steps, currencies);
      return { status: 200, body: { call: call ?? null, timeline } };
    },
  });
}

/** The currency of every wallet that the story names. */
async function currenciesOf(
  services: CallServices,
  call: Call | undefined,
  steps: readonly CallStep[],
): Promise<Map<string, string>> {
  const named = steps.map((step) =>
    step.source === 'ledger' ? step.entry.walletId : step.event.details.wallet_id,
  );
  const ids = new Set([...named, ...(call?.legs ?? []).map((leg) => leg.wallet_id)]);
  const currencies = new Map<string, string>();
  for (const id of ids) {
    if (typeof id !== 'string') continue;
    const wallet = await services.directory.wallets.get(id);
    if (wallet !== undefined) currencies.set(id, wallet.currency);
  }
  return currencies;
}
