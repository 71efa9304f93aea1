/** People who are told of events by e-mail. */
import { z } from '@hono/zod-openapi';
import { answerOnce } from '../http/answer-once.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { endpointOf, type NotificationServices, newOwner } from '../notifications/services.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import {
  EMAIL_EVENTS,
  emailRecipientBody,
  emailRecipientSchema,
  newEmailRecipientSchema,
} from '../schemas/email-recipient.ts';

const tag = 'e-mail recipients';

export function emailRecipientRoutes(services: NotificationServices): Endpoint[] {
  return [createRoute(services), listRoute(services), deleteRoute(services)];
}

function createRoute(services: NotificationServices): Endpoint {
  const { directory } = services;
  return endpoint({
    method: 'post',
    path: '/v1/email_recipients',
    tag,
    summary: 'Sends events to a mail address, at most so many in an hour.',
    body: newEmailRecipientSchema,
    idempotency: 'accepted',
    answers: { 201: emailRecipientSchema },
    problems: ['not_found', 'forbidden', 'idempotency_conflict'],
    async handle(request) {
      const { principal, body } = request;
      const organizationId = await newOwner(services, principal, body.organization_id);
      if (!services.mails) {
        const message = 'This server sends no e-mail: RINGFENCE_SMTP_URL is not set.';
        throw new Problem('invalid_request', message);
      }
      const write = directory.notificationEndpoints.creating({
        id: directory.notificationEndpoints.newId('email'),
        channel: 'email',
        organizationId,
        target: body.email,
        description: body.description ?? '',
        events: body.events ?? EMAIL_EVENTS,
        includeDescendants: body.include_descendants ?? false,
        sealed: null,
      });
      return answerOnce(directory, request, write, emailRecipientBody);
    },
  });
}

function listRoute({ access, directory }: NotificationServices): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/email_recipients',
    tag,
    summary: 'Lists recipients, newest first.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('eml').optional(),
    }),
    answers: { 200: listOf(emailRecipientSchema) },
    async handle({ principal, query }) {
      const asked = query.organization_id;
      if (asked !== undefined) await access.organization(principal, asked, 'read');
      const page = await directory.notificationEndpoints.list({
        ...pageOf(query),
        channel: 'email',
        ...(asked !== undefined ? { organizationId: asked } : access.scope(principal)),
      });
      return { status: 200, body: listBody(page, emailRecipientBody) };
    },
  });
}

function deleteRoute(services: NotificationServices): Endpoint {
  return endpoint({
    method: 'delete',
    path: '/v1/email_recipients/{recipient_id}',
    tag,
    summary: 'Sends nothing more to an address.',
    params: z.object({ recipient_id: idSchema }),
    answers: { 200: z.object({ deleted: z.literal(true) }) },
    async handle({ principal, params }) {
      const { id } = await endpointOf(services, principal, params.recipient_id, 'email', 'change');
      await services.directory.notificationEndpoints.remove(id);
      return { status: 200, body: { deleted: true } };
    },
  });
}
