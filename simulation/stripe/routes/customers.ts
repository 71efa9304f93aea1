import { z } from 'zod';
import type { Route } from '../../providers/http/route.ts';
import type { Account, Card } from '../account.ts';
import { TEST_CARDS, testCard } from '../cards.ts';
import { invalid, missing } from '../errors.ts';
import { metadata, parameters } from '../form.ts';
import { list } from '../list.ts';
import { attach, detach, newCard, newCustomer } from '../objects/customer.ts';
import { stripeRoute } from './stripe-route.ts';

const customerSchema = z.strictObject({
  name: z.string().max(256).optional(),
  email: z.string().max(512).optional(),
  description: z.string().max(350).optional(),
  metadata,
});
const newCardSchema = z.strictObject({
  type: z.literal('card'),
  card: z.strictObject({ token: z.string() }),
  metadata,
});
const attachSchema = z.strictObject({ customer: z.string() });

export function customerRoutes(account: Account): Route[] {
  const { customers } = account;
  return [
    stripeRoute(account, 'POST', '/customers', 'create', ({ form }) =>
      newCustomer(account, defined(parameters(customerSchema, form))),
    ),
    stripeRoute(account, 'GET', '/customers', 'list', ({ request }) =>
      list(
        request,
        [...customers.values()].filter((one) => !one.deleted),
        ['email'],
      ),
    ),
    stripeRoute(account, 'GET', '/customers/:id', 'read', ({ id }) => {
      const customer = customers.get(id);
      if (customer === undefined) throw missing('customer', id);
      return customer;
    }),
    stripeRoute(account, 'DELETE', '/customers/:id', 'update', ({ id }) => {
      const customer = account.customer(id, 'id');
      for (const card of cardsOf(account, id)) detach(account, card);
      customers.set(id, { id, object: 'customer', deleted: true });
      account.events.emit('customer.deleted', customer);
      return customers.get(id);
    }),
    stripeRoute(account, 'GET', '/customers/:id/payment_methods', 'list', ({ id, request }) => {
      account.customer(id, 'id');
      return list(
        request,
        cardsOf(account, id).map((card) => card.object),
        ['type'],
      );
    }),
  ];
}

export function paymentMethodRoutes(account: Account): Route[] {
  return [
    stripeRoute(account, 'POST', '/payment_methods', 'create', ({ form }) => {
      const { card, metadata: labels } = parameters(newCardSchema, form);
      const name = card.token.replace(/^tok_/, '');
      if (!(name in TEST_CARDS)) throw missing('token', card.token, 'card[token]');
      return newCard(account, testCard(name), labels).object;
    }),
    stripeRoute(account, 'GET', '/payment_methods', 'list', ({ request }) => {
      const objects = [...account.cards.values()].map((card) => card.object);
      return list(request, objects, ['customer', 'type']);
    }),
    stripeRoute(account, 'GET', '/payment_methods/:id', 'read', ({ id }) => {
      return account.card(id, 'id').object;
    }),
    stripeRoute(account, 'POST', '/payment_methods/:id/attach', 'update', ({ form, id }) => {
      const { customer } = parameters(attachSchema, form);
      const card = cardNamed(account, id, 'id');
      attach(account, card, account.customer(customer, 'customer').id);
      return card.object;
    }),
    stripeRoute(account, 'POST', '/payment_methods/:id/detach', 'update', ({ id }) => {
      const card = account.card(id, 'id');
      if (card.object.customer === null) {
        throw invalid('The payment method you provided is not attached to a customer.');
      }
      detach(account, card);
      return card.object;
    }),
  ];
}

/** A card by its id; the name of a test card makes a new one, as at Stripe. */
export function cardNamed(account: Account, id: string, param: string): Card {
  const name = id.replace(/^pm_card_/, '');
  if (name !== id && name in TEST_CARDS) return newCard(account, testCard(name));
  return account.card(id, param);
}

function cardsOf(account: Account, customerId: string): Card[] {
  return [...account.cards.values()].filter(({ object }) => object.customer === customerId);
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T) {
  type Given = { [K in keyof T]?: Exclude<T[K], undefined> };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given;
}
