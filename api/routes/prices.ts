import { z } from '@hono/zod-openapi';
import type { ServicePrice } from '../../persistence/index.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { idSchema, listBody, listOf, pageQuery } from '../schemas/common.ts';
import {
  bookSchema,
  newPriceSchema,
  priceBody,
  priceSchema,
  serviceSchema,
} from '../schemas/price.ts';
import type { Services } from '../services.ts';

export function priceRoutes(services: Services): Endpoint[] {
  return [putRoute(services), listRoute(services)];
}

function putRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'put',
    path: '/v1/prices/{service}',
    tag: 'prices',
    summary: 'Sets a price; calls that are authorized already keep theirs.',
    params: z.object({ service: serviceSchema }),
    body: newPriceSchema,
    answers: { 200: priceSchema },
    async handle({ principal, params, body }) {
      const organizationId = body.organization_id ?? null;
      const book = body.book ?? 'retail';
      if (organizationId === null) access.platform(principal);
      else await access.organization(principal, organizationId, 'manage');
      if (book === 'wholesale' && organizationId === null) {
        throw new Problem('invalid_request', 'A wholesale price names the agency that pays it.', {
          param: 'organization_id',
        });
      }
      const price = await directory.prices.put({
        organizationId,
        book,
        service: params.service,
        unit: body.unit,
        rateMicrosPerMinute: body.rate_micros_per_minute ?? null,
        unitPriceMicros: body.unit_price_micros ?? null,
        ...incrementOf(body.increment),
        connectionFeeMicros: body.connection_fee_micros ?? 0,
        minimumMicros: body.minimum_micros ?? 0,
        currency: body.currency,
      });
      return { status: 200, body: priceBody(price) };
    },
  });
}

/** By the second unless the price says otherwise. */
function incrementOf(
  increment = '1/1',
): Pick<ServicePrice, 'initialSeconds' | 'subsequentSeconds' | 'exact'> {
  if (increment === 'exact') return { initialSeconds: 1, subsequentSeconds: 1, exact: true };
  const [initial, subsequent] = increment.split('/').map(Number);
  return { initialSeconds: initial ?? 1, subsequentSeconds: subsequent ?? 1, exact: false };
}

/** A page of prices goes on after a book and a service, written `book:service`. */
const cursorSchema = z
  .string()
  .regex(/^(retail|wholesale):[a-z][a-z0-9_.:-]{0,127}$/, 'must be book:service')
  .transform((value) => {
    const split = value.indexOf(':');
    return { book: bookSchema.parse(value.slice(0, split)), service: value.slice(split + 1) };
  })
  .openapi({ type: 'string', example: 'retail:voice_minute' });

function listRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/prices',
    tag: 'prices',
    summary: 'Lists the prices one organization has of its own, or the platform defaults.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      limit: pageQuery.limit,
      starting_after: cursorSchema.optional(),
    }),
    answers: { 200: listOf(priceSchema) },
    async handle({ principal, query }) {
      const organizationId = query.organization_id ?? null;
      if (organizationId !== null) await access.organization(principal, organizationId, 'read');
      const page = await directory.prices.list({
        organizationId,
        limit: query.limit,
        startingAfter: query.starting_after,
      });
      return { status: 200, body: listBody(page, priceBody) };
    },
  });
}
