import { z } from '@hono/zod-openapi';
import { EVENT_PATTERNS } from '../../notifications/index.ts';
import type { Delivery, DeliveryAttempt, NotificationEndpoint } from '../../persistence/index.ts';
import { descriptionSchema, idSchema, instantSchema, label } from './common.ts';

const EVENTS_MAX = 50;
const URL_MAX = 2_048;

/** What an endpoint wants to be told of. */
export const eventsSchema = z
  .array(
    z
      .string()
      .refine(
        (text) => EVENT_PATTERNS.includes(text),
        'must be a type of docs/EVENTS.md, wallet.*, or *',
      ),
  )
  .min(1, 'must name at least one type')
  .max(EVENTS_MAX, `must name at most ${EVENTS_MAX} types`)
  .openapi({ example: ['wallet.*', 'call.cutoff_failed'] });

const descendants = z.boolean().openapi({
  description: 'Also the events of every organization below.',
});

const urlSchema = label(URL_MAX, 1).openapi({ example: 'https://example.com/hooks/ringfence' });

export const newWebhookEndpointSchema = z
  .strictObject({
    organization_id: idSchema.optional().openapi({
      description:
        "Whose events; the key's own organization if absent. With a platform key and without it: " +
        'the events of everybody.',
    }),
    url: urlSchema,
    description: descriptionSchema.optional(),
    events: eventsSchema,
    include_descendants: descendants.optional(),
  })
  .openapi('NewWebhookEndpoint');

export const webhookEndpointChangesSchema = z
  .strictObject({
    url: urlSchema.optional(),
    description: descriptionSchema.optional(),
    events: eventsSchema.optional(),
    include_descendants: descendants.optional(),
    status: z.enum(['enabled', 'disabled'], 'must be enabled or disabled').optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .openapi('WebhookEndpointChanges');

const health = {
  status: z.enum(['enabled', 'disabled']),
  disabled_reason: z.string().nullable(),
  failures: z.int().openapi({ description: 'Failed tries since the last that was taken.' }),
  failing_since: z.string().nullable(),
  last_success_at: z.string().nullable(),
  created_at: z.string(),
};

export const webhookEndpointSchema = z
  .object({
    id: z.string(),
    organization_id: z.string().nullable(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()),
    include_descendants: z.boolean(),
    ...health,
    secret: z.string().optional().openapi({
      description: 'Shown once: what the signatures are verified with (Standard Webhooks).',
    }),
  })
  .openapi('WebhookEndpoint');

export function endpointHealth(endpoint: NotificationEndpoint) {
  return {
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    failures: endpoint.failures,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    last_success_at: endpoint.lastSuccessAt?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
  };
}

export function webhookEndpointBody(endpoint: NotificationEndpoint) {
  return {
    id: endpoint.id,
    organization_id: endpoint.organizationId,
    url: endpoint.target,
    description: endpoint.description,
    events: endpoint.events,
    include_descendants: endpoint.includeDescendants,
    ...endpointHealth(endpoint),
  };
}

export const deliveryStateSchema = z.enum([
  'pending',
  'delivered',
  'failed',
  'cancelled',
  'dropped',
]);

export const deliverySchema = z
  .object({
    id: z.string(),
    endpoint_id: z.string(),
    event_id: z.string().openapi({ description: 'The `webhook-id` of every try.' }),
    type: z.string(),
    state: deliveryStateSchema.openapi({
      description:
        'failed: given up after a day of tries. cancelled: its endpoint was gone. dropped: there were ' +
        'too many. All of them can be replayed.',
    }),
    attempts: z.int(),
    next_attempt_at: z.string().nullable(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
    delivered_at: z.string().nullable(),
    created_at: z.string(),
    tries: z
      .array(
        z.object({
          attempt: z.int(),
          at: z.string(),
          duration_ms: z.int(),
          status: z.int().nullable(),
          error: z.string().nullable(),
          answer: z.string(),
        }),
      )
      .optional()
      .openapi({ description: 'Each try, oldest first; when one delivery is read.' }),
  })
  .openapi('Delivery');

export function deliveryBody(delivery: Delivery, tries?: readonly DeliveryAttempt[]) {
  const { state, nextAttemptAt, deliveredAt } = delivery;
  return {
    id: delivery.id,
    endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    type: delivery.type,
    state,
    attempts: delivery.attempts,
    next_attempt_at: state === 'pending' ? nextAttemptAt.toISOString() : null,
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
    delivered_at: deliveredAt?.toISOString() ?? null,
    created_at: delivery.createdAt.toISOString(),
    ...(tries !== undefined && {
      tries: tries.map(({ at, durationMs, ...rest }) => ({
        ...rest,
        at: at.toISOString(),
        duration_ms: durationMs,
      })),
    }),
  };
}

export const replayRangeSchema = z
  .strictObject({
    from: instantSchema,
    to: instantSchema.optional().openapi({ description: 'Exclusive; now if absent.' }),
    events: eventsSchema.optional(),
    include_delivered: z.boolean().optional().openapi({
      description: 'Also what was delivered; default false.',
    }),
  })
  .openapi('ReplayRange');
