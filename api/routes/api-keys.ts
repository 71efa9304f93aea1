import { z } from '@hono/zod-openapi';
import type { ApiKey } from '../../persistence/index.ts';
import { forbidden } from '../auth/access.ts';
import { answerOnce } from '../http/answer-once.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import {
  cursorSchema,
  idSchema,
  listBody,
  listOf,
  nameSchema,
  pageOf,
  pageQuery,
} from '../schemas/common.ts';
import type { Services } from '../services.ts';

const roleSchema = z.enum(
  ['platform', 'agency', 'organization', 'finance'],
  'must be platform, agency, organization or finance',
);

const newKeySchema = z
  .strictObject({ organization_id: idSchema.optional(), role: roleSchema, name: nameSchema })
  .openapi('NewApiKey');

const keySchema = z
  .object({
    id: z.string(),
    organization_id: z.string().nullable(),
    role: roleSchema,
    name: z.string(),
    prefix: z.string().openapi({ description: 'Its first characters, to recognize it by.' }),
    created_at: z.string(),
    revoked_at: z.string().nullable(),
  })
  .openapi('ApiKey');

const madeKeySchema = keySchema
  .extend({
    key: z.string().optional().openapi({
      description: 'The key itself. Shown in the first answer only: a replay does not know it.',
    }),
    key_withheld: z.string().optional().openapi({
      description: 'In a replay, instead of `key`: why it is not there and what to do.',
    }),
  })
  .openapi('MadeApiKey');

const KEY_WITHHELD =
  'The key was shown once, in the first answer to this request, and only its hash is kept. ' +
  'If that answer was lost, revoke this key and make another under a new Idempotency-Key.';

export function apiKeyRoutes(services: Services): Endpoint[] {
  return [createRoute(services), listRoute(services), revokeRoute(services)];
}

function createRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/api_keys',
    tag: 'api_keys',
    summary: 'Makes an API key; only its hash is kept.',
    body: newKeySchema,
    idempotency: 'accepted',
    answers: { 201: madeKeySchema },
    problems: ['idempotency_conflict'],
    async handle(request) {
      const { principal, body } = request;
      const organizationId = body.organization_id ?? null;
      const forPlatform = body.role === 'platform';
      if (forPlatform || organizationId === null) access.platform(principal);
      refuseMisplacedRole(body.role, organizationId);
      if (organizationId !== null) await access.organization(principal, organizationId, 'manage');
      const write = directory.apiKeys.creating({
        organizationId,
        role: body.role,
        name: body.name,
      });
      return answerOnce(
        directory,
        request,
        write,
        ({ apiKey }) => ({ ...keyBody(apiKey), key_withheld: KEY_WITHHELD }),
        ({ apiKey, key }) => ({ ...keyBody(apiKey), key }),
      );
    },
  });
}

function refuseMisplacedRole(role: ApiKey['role'], organizationId: string | null): void {
  if (role === 'platform' && organizationId !== null) {
    throw new Problem('invalid_request', 'A platform key belongs to no organization.', {
      param: 'organization_id',
    });
  }
  if ((role === 'agency' || role === 'organization') && organizationId === null) {
    throw new Problem('invalid_request', `organization_id is required for a key of role ${role}.`, {
      param: 'organization_id',
    });
  }
}

function listRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/api_keys',
    tag: 'api_keys',
    summary: 'Lists keys, revoked ones included; of the own organization unless one is named.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('key').optional(),
    }),
    answers: { 200: listOf(keySchema) },
    async handle({ principal, query }) {
      const organizationId = query.organization_id ?? principal.organizationId ?? undefined;
      if (organizationId !== undefined) {
        await access.organization(principal, organizationId, 'read');
      }
      const page = await directory.apiKeys.list({ ...pageOf(query), organizationId });
      return { status: 200, body: listBody(page, keyBody) };
    },
  });
}

function revokeRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/v1/api_keys/{key_id}',
    tag: 'api_keys',
    summary: 'Revokes a key, at once.',
    params: z.object({ key_id: idSchema }),
    answers: { 200: keySchema },
    async handle({ principal, params }) {
      const known = await directory.apiKeys.get(params.key_id);
      const decision =
        known?.organizationId === undefined
          ? 'not_found'
          : known.organizationId === null
            ? principal.role === 'platform'
              ? 'allowed'
              : 'not_found'
            : await access.decide(principal, 'manage', known.organizationId);
      if (decision === 'forbidden') throw forbidden();
      const revoked =
        decision === 'allowed' ? await directory.apiKeys.revoke(params.key_id) : undefined;
      if (revoked === undefined) {
        throw new Problem('not_found', `There is no key ${params.key_id} for this key.`);
      }
      return { status: 200, body: keyBody(revoked) };
    },
  });
}

function keyBody(key: ApiKey) {
  return {
    id: key.id,
    organization_id: key.organizationId,
    role: key.role,
    name: key.name,
    prefix: key.prefix,
    created_at: key.createdAt.toISOString(),
    revoked_at: key.revokedAt?.toISOString() ?? null,
  };
}
