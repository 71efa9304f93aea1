import { z } from '@hono/zod-openapi';
import type { Organization } from '../../persistence/index.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { shortAgency } from '../quotes/agency-legs.ts';
import { amountOf, type Item, itemSchema, priced, totalOf } from '../quotes/item.ts';
import { payerOf } from '../quotes/payers.ts';
import { idSchema } from '../schemas/common.ts';
import { microsSchema } from '../schemas/money.ts';
import { priceBody, priceSchema } from '../schemas/price.ts';
import type { Services } from '../services.ts';

const ITEMS_MAX = 50;

const quoteRequestSchema = z
  .strictObject({
    organization_id: idSchema,
    items: z
      .array(itemSchema, 'must be a list of services')
      .min(1, 'must have at least 1 item')
      .max(ITEMS_MAX, `must have at most ${ITEMS_MAX} items`),
  })
  .openapi('QuoteRequest');

const quoteSchema = z
  .object({
    organization_id: z.string(),
    currency: z.string(),
    items: z.array(
      z.object({
        service: z.string(),
        quantity: z.int().optional(),
        duration_seconds: z.number().optional(),
        amount_micros: microsSchema,
        price: priceSchema,
      }),
    ),
    total_micros: microsSchema,
    affordable: z.boolean().openapi({
      description: 'Whether everybody who would pay could now: the client, and its agencies.',
    }),
    wallet_id: z.string().optional().openapi({ description: 'The wallet that can pay.' }),
    short: z.string().optional().openapi({
      description: 'Who could not pay, when not affordable: client, agency, agency_2.',
    }),
  })
  .openapi('Quote');

export function quoteRoutes(services: Services): Endpoint[] {
  const quotes = endpoint({
    method: 'post',
    path: '/v1/quotes',
    tag: 'quotes',
    summary: 'Says what services cost an organization and whether a wallet of it can pay now.',
    body: quoteRequestSchema,
    answers: { 200: quoteSchema },
    problems: ['price_not_found', 'currency_mismatch', 'recovering'],
    async handle({ principal, body }) {
      const organization = await services.access.organization(
        principal,
        body.organization_id,
        'read',
      );
      const items = [];
      for (const item of body.items) items.push(await quoted(services, organization, item));
      const currency = oneCurrency(items.map((item) => item.price.currency));
      const total = totalOf(items.map((item) => item.amount_micros));
      const payer = await payerOf(services, organization.id, currency, total);
      const agency = await shortAgency(services, organization, body.items);
      const short = total === 0 || payer !== undefined ? agency : 'client';
      return {
        status: 200,
        body: {
          organization_id: organization.id,
          currency,
          items,
          total_micros: total,
          affordable: short === undefined,
          ...(payer !== undefined && { wallet_id: payer }),
          ...(short !== undefined && { short }),
        },
      };
    },
  });
  return [quotes];
}

async function quoted({ directory }: Services, organization: Organization, item: Item) {
  const found = await directory.prices.priceFor(organization.id, item.service, 'retail');
  const price = priced(found, item);
  const amount = organization.billingEnabled ? amountOf(price, item) : 0;
  return { ...item, amount_micros: amount, price: priceBody(price) };
}

function oneCurrency(currencies: readonly string[]): string {
  const [first = '', ...others] = new Set(currencies);
  if (others.length === 0) return first;
  throw new Problem('currency_mismatch', 'The items are priced in different currencies.', {
    param: 'items',
    details: { currencies: [first, ...others] },
  });
}
