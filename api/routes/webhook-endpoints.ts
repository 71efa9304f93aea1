/** Outgoing webhooks: where the events of an organization are posted to, signed. */
import { z } from '@hono/zod-openapi';
import { newId } from '../../engine/index.ts';
import { event, newSecret, rotated } from '../../notifications/index.ts';
import { nothing } from '../auth/owner.ts';
import { answerOnce } from '../http/answer-once.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import {
  boxOf,
  endpointOf,
  type NotificationServices,
  newOwner,
} from '../notifications/services.ts';
import { refuseUnsafe } from '../notifications/target.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import {
  deliveryBody,
  deliverySchema,
  newWebhookEndpointSchema,
  webhookEndpointBody,
  webhookEndpointChangesSchema,
  webhookEndpointSchema,
} from '../schemas/webhook-endpoint.ts';

const tag = 'webhook endpoints';
const one = {
  path: '/v1/webhook_endpoints/{endpoint_id}',
  tag,
  params: z.object({ endpoint_id: idSchema }),
} as const;

export function webhookEndpointRoutes(services: NotificationServices): Endpoint[] {
  return [
    createRoute(services),
    listRoute(services),
    getRoute(services),
    patchRoute(services),
    deleteRoute(services),
    rotateRoute(services),
    testRoute(services),
  ];
}

function createRoute(services: NotificationServices): Endpoint {
  const { directory, local } = services;
  return endpoint({
    method: 'post',
    path: '/v1/webhook_endpoints',
    tag,
    summary: 'Makes an endpoint that events are posted to. Its signing secret is shown once.',
    body: newWebhookEndpointSchema,
    idempotency: 'accepted',
    answers: { 201: webhookEndpointSchema },
    problems: ['not_found', 'forbidden', 'secret_key_missing', 'idempotency_conflict'],
    async handle(request) {
      const { principal, body } = request;
      const organizationId = await newOwner(services, principal, body.organization_id);
      const box = boxOf(services);
      await refuseUnsafe(body.url, local);
      const id = directory.notificationEndpoints.newId('webhook');
      const secret = newSecret();
      const write = directory.notificationEndpoints.creating({
        id,
        channel: 'webhook',
        organizationId,
        target: body.url,
        description: body.description ?? '',
        events: body.events,
        includeDescendants: body.include_descendants ?? false,
        sealed: box.seal([{ secret }], id),
      });
      return answerOnce(directory, request, write, webhookEndpointBody, (made) => ({
        ...webhookEndpointBody(made),
        secret,
      }));
    },
  });
}

function listRoute({ access, directory }: NotificationServices): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/webhook_endpoints',
    tag,
    summary: 'Lists endpoints, newest first.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('whk').optional(),
    }),
    answers: { 200: listOf(webhookEndpointSchema) },
    async handle({ principal, query }) {
      const asked = query.organization_id;
      if (asked !== undefined) await access.organization(principal, asked, 'read');
      const page = await directory.notificationEndpoints.list({
        ...pageOf(query),
        channel: 'webhook',
        ...(asked !== undefined ? { organizationId: asked } : access.scope(principal)),
      });
      return { status: 200, body: listBody(page, webhookEndpointBody) };
    },
  });
}

function getRoute(services: NotificationServices): Endpoint {
  return endpoint({
    ...one,
    method: 'get',
    summary: 'Reads an endpoint, and how it does.',
    answers: { 200: webhookEndpointSchema },
    async handle({ principal, params }) {
      const found = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'read');
      return { status: 200, body: webhookEndpointBody(found) };
    },
  });
}

function patchRoute(services: NotificationServices): Endpoint {
  const { directory, local } = services;
  return endpoint({
    ...one,
    method: 'patch',
    summary: 'Changes an endpoint. Disabled, it is sent nothing: what is on its way waits.',
    body: webhookEndpointChangesSchema,
    answers: { 200: webhookEndpointSchema },
    async handle({ principal, params, body }) {
      const { id } = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'change');
      if (body.url !== undefined) await refuseUnsafe(body.url, local);
      const changed = await directory.notificationEndpoints.change(id, {
        target: body.url,
        description: body.description,
        events: body.events,
        includeDescendants: body.include_descendants,
        status: body.status,
      });
      if (changed === undefined) throw nothing(`webhook endpoint ${id}`);
      return { status: 200, body: webhookEndpointBody(changed) };
    },
  });
}

function deleteRoute(services: NotificationServices): Endpoint {
  return endpoint({
    ...one,
    method: 'delete',
    summary: 'Removes an endpoint, with the log of its deliveries.',
    answers: { 200: z.object({ deleted: z.literal(true) }) },
    async handle({ principal, params }) {
      const { id } = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'change');
      await services.directory.notificationEndpoints.remove(id);
      return { status: 200, body: { deleted: true } };
    },
  });
}

function rotateRoute(services: NotificationServices): Endpoint {
  const { directory } = services;
  return endpoint({
    ...one,
    method: 'post',
    path: `${one.path}/rotate_secret`,
    summary:
      'Makes a new signing secret, shown once. For a day events are signed with the old one too.',
    answers: { 200: webhookEndpointSchema },
    problems: ['secret_key_missing'],
    async handle({ principal, params }) {
      const { id } = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'change');
      const box = boxOf(services);
      const secret = newSecret();
      const changed = await directory.notificationEndpoints.reseal(id, (sealed) => {
        const secrets = box.open(sealed, id);
        if (secrets === undefined) throw new Problem('secret_key_missing');
        return box.seal(rotated(secrets, secret, Date.now()), id);
      });
      if (changed === undefined) throw nothing(`webhook endpoint ${id}`);
      return { status: 200, body: { ...webhookEndpointBody(changed), secret } };
    },
  });
}

function testRoute(services: NotificationServices): Endpoint {
  const { directory } = services;
  return endpoint({
    ...one,
    method: 'post',
    path: `${one.path}/test`,
    summary: 'Sends a `webhook.test` event to an endpoint, whatever its filter says.',
    answers: { 201: deliverySchema },
    async handle({ principal, params }) {
      const found = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'change');
      const now = new Date();
      const made = event('webhook.test', [newId('req')], {
        organizationId: found.organizationId,
        subject: found.id,
        occurredAtMs: now.getTime(),
        data: { endpoint_id: found.id },
      });
      const id = await directory.deliveries.makeOne(found.id, made, now);
      const delivery = await directory.deliveryList.get(id);
      if (delivery === undefined) throw nothing(`delivery ${id}`);
      return { status: 201, body: deliveryBody(delivery) };
    },
  });
}
