/** Which organization a provider's assistant, agent, phone number or account belongs to. */
import { z } from '@hono/zod-openapi';
import type { ProviderBinding } from '../../persistence/index.ts';
import { forbidden } from '../auth/access.ts';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { idSchema, label, metadataSchema } from '../schemas/common.ts';
import type { Services } from '../services.ts';

const bindingParams = z.object({
  provider: z.enum(['vapi', 'retell', 'twilio'], 'must be vapi, retell or twilio'),
  kind: z.enum(
    ['assistant', 'agent', 'phone_number', 'account'],
    'must be assistant, agent, phone_number or account',
  ),
  external_id: label(256, 1),
});

const newBindingSchema = z
  .strictObject({
    organization_id: idSchema,
    wallet_id: idSchema.optional(),
    metadata: metadataSchema.optional().openapi({
      description: '`assistant_id` or `agent_id`: who answers the calls of a phone number.',
    }),
  })
  .openapi('NewProviderBinding');

const bindingSchema = z
  .object({
    provider: z.string(),
    kind: z.string(),
    external_id: z.string(),
    organization_id: z.string(),
    wallet_id: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('ProviderBinding');

export function providerBindingRoutes(services: Services): Endpoint[] {
  return [
    endpoint({
      method: 'put',
      path: '/v1/provider_bindings/{provider}/{kind}/{external_id}',
      tag: 'provider bindings',
      summary: "Says whose calls a provider's assistant, agent, number or account makes.",
      params: bindingParams,
      body: newBindingSchema,
      answers: { 200: bindingSchema },
      problems: ['not_found', 'forbidden', 'bound_elsewhere'],
      async handle({ principal, params, body }) {
        const { provider, kind, external_id: externalId } = params;
        const { organization_id: organizationId, wallet_id: walletId, metadata } = body;
        await services.access.organization(principal, organizationId, 'read');
        if (!(await mayBind(services, principal, organizationId))) throw forbidden();
        await walletOf(services, organizationId, walletId);
        const binding = { provider, kind, externalId, organizationId, walletId, metadata };
        const from = await takenFrom(services, principal, binding);
        const answer = await services.directory.bindings.put(binding, from);
        if (answer.status === 'bound_elsewhere') throw new Problem('bound_elsewhere');
        return { status: 200, body: bindingBody(answer.binding) };
      },
    }),
  ];
}

/** One's own objects, and those of the organizations one manages. */
async function mayBind(
  services: Services,
  principal: Principal,
  organizationId: string,
): Promise<boolean> {
  const decisions = await Promise.all([
    services.access.decide(principal, 'operate', organizationId),
    services.access.decide(principal, 'manage', organizationId),
  ]);
  return decisions.includes('allowed');
}

async function walletOf(
  services: Services,
  organizationId: string,
  walletId: string | undefined,
): Promise<void> {
  if (walletId === undefined) return;
  const wallet = await services.directory.wallets.get(walletId);
  if (wallet?.organizationId === organizationId) return;
  throw new Problem('not_found', 'There is no such wallet of this organization.', {
    param: 'wallet_id',
  });
}

/** A binding moves only between organizations that the key may bind for. */
async function takenFrom(
  services: Services,
  principal: Principal,
  wanted: Pick<ProviderBinding, 'provider' | 'kind' | 'externalId' | 'organizationId'>,
): Promise<string | undefined> {
  const { provider, kind, externalId, organizationId } = wanted;
  const present = await services.directory.bindings.find(provider, kind, externalId);
  if (present === undefined || present.organizationId === organizationId) return undefined;
  return (await mayBind(services, principal, present.organizationId))
    ? present.organizationId
    : undefined;
}

function bindingBody(binding: ProviderBinding) {
  return {
    provider: binding.provider,
    kind: binding.kind,
    external_id: binding.externalId,
    organization_id: binding.organizationId,
    wallet_id: binding.walletId,
    metadata: binding.metadata,
    created_at: binding.createdAt.toISOString(),
    updated_at: binding.updatedAt.toISOString(),
  };
}
