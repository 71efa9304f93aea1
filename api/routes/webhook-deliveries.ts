/** The log of what was sent to an endpoint, and sending it again. */
import { z } from '@hono/zod-openapi';
import { nothing, permitOwned } from '../auth/owner.ts';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { endpointOf, type NotificationServices } from '../notifications/services.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import {
  deliveryBody,
  deliverySchema,
  deliveryStateSchema,
  replayRangeSchema,
} from '../schemas/webhook-endpoint.ts';

const tag = 'webhook endpoints';

export function webhookDeliveryRoutes(services: NotificationServices): Endpoint[] {
  return [
    listRoute(services),
    getRoute(services),
    replayRoute(services),
    replayRangeRoute(services),
  ];
}

function listRoute(services: NotificationServices): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/webhook_endpoints/{endpoint_id}/deliveries',
    tag,
    summary: 'Lists what was sent to an endpoint or is on its way, newest first. Kept for 30 days.',
    params: z.object({ endpoint_id: idSchema }),
    query: z.strictObject({
      state: deliveryStateSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('dlv').optional(),
    }),
    answers: { 200: listOf(deliverySchema) },
    async handle({ principal, params, query }) {
      const { id } = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'read');
      const request = { ...pageOf(query), state: query.state };
      const page = await services.directory.deliveryList.list(id, request);
      return { status: 200, body: listBody(page, (delivery) => deliveryBody(delivery)) };
    },
  });
}

function getRoute(services: NotificationServices): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/webhook_deliveries/{delivery_id}',
    tag,
    summary: 'Reads a delivery, with each try.',
    params: z.object({ delivery_id: idSchema }),
    answers: { 200: deliverySchema },
    async handle({ principal, params }) {
      const delivery = await deliveryOf(services, principal, params.delivery_id, 'read');
      const tries = await services.directory.deliveryList.attempts(delivery.id);
      return { status: 200, body: deliveryBody(delivery, tries) };
    },
  });
}

function replayRoute(services: NotificationServices): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/webhook_deliveries/{delivery_id}/replay',
    tag,
    summary: 'Sends an event again, under the same `webhook-id`, from the start of its schedule.',
    params: z.object({ delivery_id: idSchema }),
    answers: { 200: deliverySchema },
    async handle({ principal, params }) {
      const { id } = await deliveryOf(services, principal, params.delivery_id, 'change');
      const replayed = await services.directory.deliveryList.replay(id, new Date());
      if (replayed === undefined) throw nothing(`delivery ${id}`);
      return { status: 200, body: deliveryBody(replayed) };
    },
  });
}

function replayRangeRoute(services: NotificationServices): Endpoint {
  return endpoint({
    method: 'post',
    path: '/v1/webhook_endpoints/{endpoint_id}/replay',
    tag,
    summary:
      'Sends the events of a span of time again, at most 10000 of them: what failed, was cancelled or ' +
      'was never sent, for instance because the endpoint was disabled.',
    params: z.object({ endpoint_id: idSchema }),
    body: replayRangeSchema,
    answers: { 200: z.object({ replayed: z.int() }) },
    async handle({ principal, params, body }) {
      const { id } = await endpointOf(services, principal, params.endpoint_id, 'webhook', 'change');
      const now = new Date();
      const range = {
        from: new Date(body.from),
        to: body.to === undefined ? now : new Date(body.to),
        patterns: body.events,
        delivered: body.include_delivered ?? false,
      };
      const replayed = await services.directory.deliveryList.replayRange(id, range, now);
      return { status: 200, body: { replayed } };
    },
  });
}

/** @throws Problem not_found, forbidden */
async function deliveryOf(
  { access, directory }: NotificationServices,
  principal: Principal,
  id: string,
  action: 'read' | 'change',
) {
  const name = `delivery ${id}`;
  const delivery = await directory.deliveryList.get(id);
  const owner = delivery && (await directory.notificationEndpoints.get(delivery.endpointId));
  if (delivery === undefined || owner === undefined) throw nothing(name);
  await permitOwned(access, principal, name, owner.organizationId, action);
  return delivery;
}
