import { z } from '@hono/zod-openapi';
import type { NotificationEndpoint } from '../../persistence/index.ts';
import { descriptionSchema, idSchema } from './common.ts';
import { endpointHealth, eventsSchema } from './webhook-endpoint.ts';

/** What a person wants to know when nothing else is said. */
export const EMAIL_EVENTS = [
  'wallet.low_balance',
  'wallet.low_balance_resolved',
  'wallet.depleted',
  'wallet.replenished',
  'wallet.alert',
  'wallet.alert_resolved',
  'auto_recharge.failed',
  'auto_recharge.action_required',
  'auto_recharge.stopped',
  'auto_recharge.capped',
];

const EMAIL_MAX = 254;

export const newEmailRecipientSchema = z
  .strictObject({
    organization_id: idSchema.optional().openapi({
      description:
        "Whose events; the key's own organization if absent. With a platform key and without it: " +
        'the events of everybody.',
    }),
    email: z
      .email('must be an e-mail address')
      .max(EMAIL_MAX, `must have at most ${EMAIL_MAX} characters`)
      .openapi({ example: 'billing@example.com' }),
    description: descriptionSchema.optional(),
    events: eventsSchema.optional().openapi({
      description:
        'By default the levels and alerts of wallets, and what keeps them from being recharged.',
    }),
    include_descendants: z.boolean().optional(),
  })
  .openapi('NewEmailRecipient');

export const emailRecipientSchema = z
  .object({
    id: z.string(),
    organization_id: z.string().nullable(),
    email: z.string(),
    description: z.string(),
    events: z.array(z.string()),
    include_descendants: z.boolean(),
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z.string().nullable(),
    failures: z.int(),
    failing_since: z.string().nullable(),
    last_success_at: z.string().nullable(),
    created_at: z.string(),
  })
  .openapi('EmailRecipient');

export function emailRecipientBody(recipient: NotificationEndpoint) {
  return {
    id: recipient.id,
    organization_id: recipient.organizationId,
    email: recipient.target,
    description: recipient.description,
    events: recipient.events,
    include_descendants: recipient.includeDescendants,
    ...endpointHealth(recipient),
  };
}
