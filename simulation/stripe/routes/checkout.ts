import { z } from 'zod';
import type { Route } from '../../providers/http/route.ts';
import { type Account, found } from '../account.ts';
import { checkAmount } from '../amounts.ts';
import { expirePage } from '../checkout.ts';
import { invalid } from '../errors.ts';
import { metadata, parameters, whole, yesOrNo } from '../form.ts';
import { list } from '../list.ts';
import { newSession } from '../objects/session.ts';
import { stripeRoute } from './stripe-route.ts';

const DAY_SECONDS = 86_400;
const SOONEST_SECONDS = 1_800;

const priceData = z.strictObject({
  currency: z.string().regex(/^[a-z]{3}$/, 'Invalid currency'),
  unit_amount: whole,
  product_data: z.strictObject({
    name: z.string().min(1).max(250),
    description: z.string().max(500).optional(),
  }),
});
const createSchema = z.strictObject({
  mode: z.literal('payment'),
  customer: z.string().optional(),
  client_reference_id: z.string().max(200).optional(),
  line_items: z
    .array(z.strictObject({ quantity: whole.default(1), price_data: priceData }))
    .min(1)
    .max(100),
  payment_intent_data: z
    .strictObject({
      setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
      description: z.string().max(1000).optional(),
      receipt_email: z.string().max(512).optional(),
      metadata,
    })
    .optional(),
  metadata,
  success_url: z.string().max(5000).optional(),
  cancel_url: z.string().max(5000).optional(),
  saved_payment_method_options: z
    .strictObject({ payment_method_save: z.enum(['enabled', 'disabled']) })
    .optional(),
  expires_at: whole.optional(),
  adaptive_pricing: z.strictObject({ enabled: yesOrNo }).optional(),
});

export function checkoutRoutes(account: Account): Route[] {
  const { sessions } = account;
  return [
    stripeRoute(account, 'POST', '/checkout/sessions', 'create', ({ form }) =>
      create(account, parameters(createSchema, form)),
    ),
    stripeRoute(account, 'GET', '/checkout/sessions', 'list', ({ request }) =>
      list(request, sessions.values(), ['customer', 'payment_intent', 'status']),
    ),
    stripeRoute(account, 'GET', '/checkout/sessions/:id', 'read', ({ id }) =>
      found(sessions, 'checkout.session', id),
    ),
    stripeRoute(account, 'POST', '/checkout/sessions/:id/expire', 'update', ({ id }) => {
      const session = found(sessions, 'checkout.session', id);
      if (!expirePage(account, session)) {
        throw invalid('Only Checkout Sessions with a status in ["open"] can be expired.');
      }
      return session;
    }),
  ];
}

function create(account: Account, given: z.infer<typeof createSchema>) {
  const customer = given.customer && account.customer(given.customer, 'customer').id;
  const currency = given.line_items[0]?.price_data.currency ?? '';
  if (given.line_items.some(({ price_data: price }) => price.currency !== currency)) {
    throw invalid('All line items must be in one currency.', { param: 'line_items' });
  }
  const amount = given.line_items.reduce(
    (sum, { quantity, price_data: price }) => sum + quantity * price.unit_amount,
    0,
  );
  checkAmount(amount, currency);
  const expiresAt = given.expires_at ?? account.now() + DAY_SECONDS;
  if (expiresAt < account.now() + SOONEST_SECONDS || expiresAt > account.now() + DAY_SECONDS) {
    throw invalid('The `expires_at` timestamp must be 30 minutes to 24 hours from now.', {
      param: 'expires_at',
    });
  }
  const session = newSession(account, {
    amount,
    currency,
    customer: customer ?? null,
    clientReferenceId: given.client_reference_id ?? null,
    metadata: given.metadata,
    successUrl: given.success_url ?? null,
    cancelUrl: given.cancel_url ?? null,
    expiresAt,
  });
  account.clock.at(expiresAt * 1000, () => expirePage(account, session));
  const payment = given.payment_intent_data;
  account.orders.set(session.id, {
    name: given.line_items.map(({ price_data: price }) => price.product_data.name).join(', '),
    metadata: payment?.metadata ?? {},
    description: payment?.description ?? null,
    setupFutureUsage: payment?.setup_future_usage ?? null,
    receiptEmail: payment?.receipt_email ?? null,
  });
  return session;
}
