import { z } from 'zod';
import type { Route } from '../../providers/http/route.ts';
import { type Account, found } from '../account.ts';
import { checkAmount } from '../amounts.ts';
import { invalid } from '../errors.ts';
import { metadata, parameters, whole, yesOrNo } from '../form.ts';
import { list } from '../list.ts';
import { cancel, newIntent } from '../objects/payment-intent.ts';
import { confirm } from '../pay.ts';
import { cardNamed } from './customers.ts';
import { stripeRoute } from './stripe-route.ts';

const terms = {
  payment_method: z.string().optional(),
  off_session: yesOrNo.default(false),
  error_on_requires_action: yesOrNo.default(false),
  return_url: z.string().optional(),
};
const createSchema = z.strictObject({
  amount: whole,
  currency: z.string().regex(/^[a-z]{3}$/, 'Invalid currency'),
  customer: z.string().optional(),
  confirm: yesOrNo.default(false),
  description: z.string().max(1000).optional(),
  receipt_email: z.string().max(512).optional(),
  setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
  metadata,
  ...terms,
});
const confirmSchema = z.strictObject(terms);

/** As on accounts whose methods of payment include one that leads to another page: most do. */
function checkReturnUrl(returnUrl: string | undefined): void {
  if (returnUrl !== undefined && URL.canParse(returnUrl)) return;
  throw invalid(
    'A `return_url` must be specified because this Payment Intent is configured to automatically ' +
      'accept the payment methods enabled in the Dashboard, some of which may require a full page ' +
      'redirect to succeed.',
    { param: 'return_url' },
  );
}
const cancelSchema = z.strictObject({
  cancellation_reason: z
    .enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'])
    .optional(),
});

export function paymentIntentRoutes(account: Account): Route[] {
  return [
    stripeRoute(account, 'POST', '/payment_intents', 'create', ({ form }) =>
      create(account, parameters(createSchema, form)),
    ),
    stripeRoute(account, 'GET', '/payment_intents', 'list', ({ request }) =>
      list(request, account.intents.values(), ['customer']),
    ),
    stripeRoute(account, 'GET', '/payment_intents/:id', 'read', ({ id }) => account.intent(id)),
    stripeRoute(account, 'POST', '/payment_intents/:id/confirm', 'update', ({ form, id }) => {
      const intent = account.intent(id);
      const given = parameters(confirmSchema, form);
      checkReturnUrl(given.return_url);
      const method = given.payment_method ?? intent.payment_method;
      if (typeof method !== 'string') throw invalid('A payment method is missing.');
      const card = cardNamed(account, method, 'payment_method');
      const { off_session: offSession, error_on_requires_action: errorOnRequiresAction } = given;
      confirm(account, intent, card, { offSession, errorOnRequiresAction });
      return intent;
    }),
    stripeRoute(account, 'POST', '/payment_intents/:id/cancel', 'update', ({ form, id }) => {
      const intent = account.intent(id);
      const { cancellation_reason: reason } = parameters(cancelSchema, form);
      if (['succeeded', 'canceled', 'processing'].includes(intent.status)) {
        throw invalid(`A PaymentIntent with a status of ${intent.status} cannot be canceled.`, {
          code: 'payment_intent_unexpected_state',
        });
      }
      cancel(account, intent, reason ?? null);
      return intent;
    }),
    stripeRoute(account, 'GET', '/charges', 'list', ({ request }) =>
      list(request, account.charges.values(), ['customer', 'payment_intent']),
    ),
    stripeRoute(account, 'GET', '/charges/:id', 'read', ({ id }) =>
      found(account.charges, 'charge', id),
    ),
  ];
}

/** Everything is checked before anything is made. */
function create(account: Account, given: z.infer<typeof createSchema>) {
  checkAmount(given.amount, given.currency);
  const customer = given.customer && account.customer(given.customer, 'customer').id;
  const method = given.payment_method;
  const card = method === undefined ? undefined : cardNamed(account, method, 'payment_method');
  const owner = card?.object.customer ?? null;
  if (owner !== (customer ?? null) && (owner !== null || given.off_session)) {
    throw invalid('The provided PaymentMethod does not belong to the Customer.', {
      param: 'payment_method',
    });
  }
  if (given.confirm && card === undefined) throw invalid('A payment method is missing.');
  if (given.confirm) checkReturnUrl(given.return_url);
  const intent = newIntent(account, {
    amount: given.amount,
    currency: given.currency,
    customer: customer ?? null,
    description: given.description ?? null,
    metadata: given.metadata,
    setupFutureUsage: given.setup_future_usage ?? null,
    receiptEmail: given.receipt_email ?? null,
  });
  if (card === undefined) return intent;
  if (given.confirm) {
    const { off_session: offSession, error_on_requires_action: errorOnRequiresAction } = given;
    confirm(account, intent, card, { offSession, errorOnRequiresAction });
  } else {
    intent.payment_method = card.object.id;
    intent.status = 'requires_confirmation';
  }
  return intent;
}
