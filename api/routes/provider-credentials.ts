/** An organization's own credentials at a provider: set, replaced and removed, and never read again. */
import { z } from '@hono/zod-openapi';
import type { Provider } from '../../kill-switch/index.ts';
import { permitOwner } from '../auth/owner.ts';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { idSchema } from '../schemas/common.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import {
  credentialsBody,
  credentialsSchema,
  type NewCredentials,
  newCredentialsSchema,
  secretsOf,
} from './provider-credentials-schema.ts';

const shared = {
  path: '/v1/provider_credentials/{provider}',
  tag: 'provider credentials',
  params: z.object({
    provider: z.enum(['vapi', 'retell', 'twilio'], 'must be vapi, retell or twilio'),
  }),
  query: z.object({
    organization_id: idSchema.optional().openapi({
      description: "Whose they are; the key's own organization if absent.",
    }),
  }),
} as const;

export function providerCredentialRoutes(services: CallServices): Endpoint[] {
  return [putRoute(services), getRoute(services), deleteRoute(services)];
}

function putRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    method: 'put',
    summary:
      "Sets an organization's own credentials at a provider, in place of those it had: its webhooks " +
      'are verified and its calls placed and ended with them.',
    body: newCredentialsSchema,
    answers: { 200: credentialsSchema },
    problems: ['not_found', 'forbidden', 'secret_key_missing'],
    async handle({ principal, params, query, body }) {
      const owner = await ownerOf(services, principal, query.organization_id);
      refuseUnfit(params.provider, body);
      const secrets = secretsOf(body);
      const stored = await services.credentials.put(owner, params.provider, secrets);
      return { status: 200, body: credentialsBody(stored, secrets) };
    },
  });
}

function getRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    method: 'get',
    summary: 'Says which credentials there are, by the last four characters of each.',
    answers: { 200: credentialsSchema },
    problems: ['not_found', 'forbidden', 'secret_key_missing'],
    async handle({ principal, params, query }) {
      const owner = await ownerOf(services, principal, query.organization_id);
      const stored = await services.credentials.find(owner, params.provider);
      if (stored === undefined) throw none();
      if (stored.secrets === undefined) throw new Problem('secret_key_missing');
      return { status: 200, body: credentialsBody(stored, stored.secrets) };
    },
  });
}

function deleteRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    method: 'delete',
    summary: 'Removes the credentials: those of the organizations above, or the platform, serve.',
    answers: { 200: z.object({ deleted: z.literal(true) }) },
    problems: ['not_found', 'forbidden'],
    async handle({ principal, params, query }) {
      const owner = await ownerOf(services, principal, query.organization_id);
      if (!(await services.credentials.remove(owner, params.provider))) throw none();
      return { status: 200, body: { deleted: true } };
    },
  });
}

function none(): Problem {
  return new Problem('not_found', 'This organization has no credentials of its own there.');
}

/** One's own organization, and those that one manages. @throws Problem */
async function ownerOf(
  { access }: CallServices,
  principal: Principal,
  named: string | undefined,
): Promise<string> {
  const owner = named ?? principal.organizationId;
  if (owner === null) {
    throw new Problem('invalid_request', 'organization_id is required.', {
      param: 'organization_id',
    });
  }
  await permitOwner(access, principal, owner);
  return owner;
}

/** Each provider has its own kinds of secrets; one that would never be used is a mistake. */
const FIELDS: Readonly<Record<Provider, readonly (keyof NewCredentials)[]>> = {
  vapi: ['api_key', 'webhook_secrets', 'scheme', 'hmac_plan'],
  retell: ['api_key', 'webhook_secrets'],
  twilio: ['account_sid', 'auth_token', 'webhook_secrets'],
};

/** @throws Problem invalid_request */
function refuseUnfit(provider: Provider, body: NewCredentials): void {
  const fields = FIELDS[provider];
  const given = Object.keys(body) as (keyof NewCredentials)[];
  for (const field of given) {
    if (!fields.includes(field)) throw unfit(field, `is not a credential of ${provider}`);
  }
  if (provider === 'twilio') {
    for (const field of ['account_sid', 'auth_token'] as const) {
      if (body[field] === undefined) throw unfit(field, 'is required for twilio');
    }
  } else if (body.api_key === undefined && body.webhook_secrets === undefined) {
    throw unfit('webhook_secrets', 'or api_key is required');
  }
  if (body.hmac_plan !== undefined && body.scheme !== 'hmac') {
    throw unfit('hmac_plan', 'is for the scheme hmac alone');
  }
}

function unfit(param: string, fault: string): Problem {
  return new Problem('invalid_request', `${param} ${fault}.`, { param });
}
