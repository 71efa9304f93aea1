import { z } from '@hono/zod-openapi';
import { priceOf, spendableOf } from '../../engine/index.ts';
import { callPrice, type Organization, type ServicePrice } from '../../persistence/index.ts';
import { unitPriceOf } from '../charges/unit-price.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { idSchema } from '../schemas/common.ts';
import { microsSchema } from '../schemas/money.ts';
import { priceBody, priceSchema, quantitySchema, serviceSchema } from '../schemas/price.ts';
import type { Services } from '../services.ts';

const ITEMS_MAX = 50;
const DURATION_SECONDS_MAX = 86_400;
/** Wallets looked at for one that can pay. */
const WALLETS_MAX = 100;

const itemSchema = z
  .strictObject({
    service: serviceSchema,
    quantity: quantitySchema.optional(),
    duration_seconds: z
      .number('must be a number of seconds')
      .min(0, 'must not be negative')
      .max(DURATION_SECONDS_MAX, `must be at most ${DURATION_SECONDS_MAX}`)
      .optional(),
  })
  .refine((item) => (item.quantity === undefined) !== (item.duration_seconds === undefined), {
    path: ['quantity'],
    message: 'must be given, or duration_seconds instead',
  });

type Item = z.infer<typeof itemSchema>;

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
    affordable: z.boolean(),
    wallet_id: z.string().optional().openapi({ description: 'The wallet that can pay.' }),
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
      const total = items.reduce((sum, item) => sum + item.amount_micros, 0);
      if (!Number.isSafeInteger(total)) throw tooMuch();
      const payer = await payerOf(services, organization.id, currency, total);
      return {
        status: 200,
        body: {
          organization_id: organization.id,
          currency,
          items,
          total_micros: total,
          affordable: total === 0 || payer !== undefined,
          ...(payer !== undefined && { wallet_id: payer }),
        },
      };
    },
  });
  return [quotes];
}

async function quoted({ directory }: Services, organization: Organization, item: Item) {
  const price = await directory.prices.priceFor(organization.id, item.service, 'retail');
  if (price === undefined) {
    throw new Problem('price_not_found', `No price is set for ${item.service}.`, {
      param: 'items',
      details: { service: item.service },
    });
  }
  const amount = organization.billingEnabled ? amountOf(price, item) : 0;
  return { ...item, amount_micros: amount, price: priceBody(price) };
}

function amountOf(price: ServicePrice, item: Item): number {
  if (item.duration_seconds === undefined) return unitPriceOf(price, item.quantity ?? 0);
  const perMinute = callPrice(price);
  if (perMinute === undefined) {
    throw new Problem('invalid_request', `${price.service} is priced by the unit: give quantity.`, {
      param: 'items',
    });
  }
  return priceOf(perMinute, Math.round(item.duration_seconds * 1000));
}

function oneCurrency(currencies: readonly string[]): string {
  const [first = '', ...others] = new Set(currencies);
  if (others.length === 0) return first;
  throw new Problem('currency_mismatch', 'The items are priced in different currencies.', {
    param: 'items',
    details: { currencies: [first, ...others] },
  });
}

function tooMuch(): Problem {
  return new Problem('invalid_request', 'The total is beyond 2^53-1 micros.', { param: 'items' });
}

/** The oldest wallet in the currency that can pay; a quote makes none. */
async function payerOf(
  { directory, engine }: Services,
  organizationId: string,
  currency: string,
  totalMicros: number,
): Promise<string | undefined> {
  const page = await directory.wallets.list({ organizationId, limit: WALLETS_MAX });
  const wallets = page.data.filter((wallet) => wallet.currency === currency).reverse();
  const [first] = wallets;
  if (first === undefined) return undefined;
  const ids = wallets.map((wallet) => wallet.id);
  const states = await engine.wallets(first.partition, ids);
  return ids.find((id) => {
    const state = states.get(id);
    return state !== undefined && !state.frozen && spendableOf(state) >= totalMicros;
  });
}
