import { z } from '@hono/zod-openapi';
import { forbidden } from '../auth/access.ts';
import type { Principal } from '../auth/principal.ts';
import { answerOnce } from '../http/answer-once.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import {
  newOrganizationSchema,
  organizationBody,
  organizationChangesSchema,
  organizationSchema,
} from '../schemas/organization.ts';
import type { Services } from '../services.ts';

const organizationParams = z.object({ organization_id: idSchema });

export function organizationRoutes(services: Services): Endpoint[] {
  return [createRoute(services), listRoute(services), getRoute(services), patchRoute(services)];
}

function createRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/organizations',
    tag: 'organizations',
    summary: 'Makes an organization; an agency makes them below itself.',
    body: newOrganizationSchema,
    idempotency: 'accepted',
    answers: { 201: organizationSchema },
    problems: ['idempotency_conflict'],
    async handle(request) {
      const { principal, body } = request;
      billingIsThePlatforms(principal, body.billing_enabled);
      const parentId = body.parent_id ?? ownOf(principal);
      if (parentId !== undefined) await mayMakeBelow(principal, parentId);
      const creating = await directory.organizations.creating({
        name: body.name,
        parentId,
        billingEnabled: body.billing_enabled,
        callPolicy: body.call_policy,
        metadata: body.metadata,
      });
      if (creating.status === 'ready') {
        return answerOnce(directory, request, creating.write, organizationBody);
      }
      if (creating.status === 'parent_not_found') throw noParent(parentId);
      throw new Problem(
        'invalid_request',
        `A tree of organizations is at most ${creating.depthMax} deep.`,
        { param: 'parent_id' },
      );
    },
  });

  async function mayMakeBelow(principal: Principal, parentId: string): Promise<void> {
    if (principal.role === 'platform') return;
    const own = principal.role === 'agency' && principal.organizationId === parentId;
    await access.organization(principal, parentId, own ? 'read' : 'manage');
  }
}

/** An agency's organizations are below itself unless it names another place below itself. */
function ownOf(principal: Principal): string | undefined {
  if (principal.role === 'platform') return undefined;
  if (principal.role !== 'agency' || principal.organizationId === null) throw forbidden();
  return principal.organizationId;
}

function noParent(parentId: string | undefined): Problem {
  return new Problem('not_found', `There is no organization ${parentId ?? ''} for this key.`, {
    param: 'parent_id',
  });
}

function billingIsThePlatforms(principal: Principal, billingEnabled: boolean | undefined): void {
  if (billingEnabled === undefined || principal.role === 'platform') return;
  throw forbidden('billing_enabled is for the platform to set.');
}

function listRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/organizations',
    tag: 'organizations',
    summary: 'Lists the organizations this key may see, newest first.',
    query: z.strictObject({ ...pageQuery, starting_after: cursorSchema('org').optional() }),
    answers: { 200: listOf(organizationSchema) },
    async handle({ principal, query }) {
      const { organizationId, within } = access.scope(principal);
      if (organizationId !== undefined) {
        const own = await access.organization(principal, organizationId, 'read');
        return { status: 200, body: { data: [organizationBody(own)], has_more: false } };
      }
      const page = await directory.organizations.list({ ...pageOf(query), within });
      return { status: 200, body: listBody(page, organizationBody) };
    },
  });
}

function getRoute({ access }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/organizations/{organization_id}',
    tag: 'organizations',
    summary: 'Reads an organization.',
    params: organizationParams,
    answers: { 200: organizationSchema },
    async handle({ principal, params }) {
      const found = await access.organization(principal, params.organization_id, 'read');
      return { status: 200, body: organizationBody(found) };
    },
  });
}

function patchRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'patch',
    path: '/v1/organizations/{organization_id}',
    tag: 'organizations',
    summary: 'Changes an organization; call_policy and metadata are replaced whole.',
    params: organizationParams,
    body: organizationChangesSchema,
    answers: { 200: organizationSchema },
    problems: ['parent_change_refused'],
    async handle({ principal, params, body }) {
      const id = params.organization_id;
      await access.organization(principal, id, 'manage');
      billingIsThePlatforms(principal, body.billing_enabled);
      const answer = await directory.organizations.patch(id, {
        name: body.name,
        parentId: body.parent_id,
        billingEnabled: body.billing_enabled,
        callPolicy: body.call_policy,
        metadata: body.metadata,
      });
      if (answer.status === 'patched') {
        return { status: 200, body: organizationBody(answer.organization) };
      }
      if (answer.status === 'organization_not_found') throw new Problem('not_found');
      throw new Problem(answer.status, undefined, { param: 'parent_id' });
    },
  });
}
