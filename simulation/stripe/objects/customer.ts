import type Stripe from 'stripe';
import type { Account, Card } from '../account.ts';
import type { CardOutcome } from '../cards.ts';

export function newCustomer(
  account: Account,
  fields: Partial<Pick<Stripe.Customer, 'name' | 'email' | 'description' | 'metadata'>>,
): Stripe.Customer {
  const customer: Stripe.Customer = {
    id: account.id('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: account.now(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: fields.description ?? null,
    discount: null,
    email: fields.email ?? null,
    invoice_prefix: null,
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: fields.metadata ?? {},
    name: fields.name ?? null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
  account.customers.set(customer.id, customer);
  account.events.emit('customer.created', customer);
  return customer;
}

/** A new card that belongs to nobody yet. */
export function newCard(
  account: Account,
  outcome: CardOutcome,
  metadata: Stripe.Metadata = {},
): Card {
  const kind = outcome.kind === 'delayed' ? bankAccount() : plastic();
  const object: Stripe.PaymentMethod = {
    id: account.id('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: null,
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    created: account.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata,
    ...kind,
  };
  const card = { object, outcome };
  account.cards.set(object.id, card);
  return card;
}

function plastic(): Pick<Stripe.PaymentMethod, 'type' | 'card'> {
  return {
    type: 'card',
    card: {
      brand: 'visa',
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: 'visa',
      exp_month: 8,
      exp_year: 2035,
      fingerprint: 'AOB934RVNwzk6xtn',
      funding: 'credit',
      generated_from: null,
      last4: '4242',
      networks: { available: ['visa'], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
  };
}

function bankAccount(): Pick<Stripe.PaymentMethod, 'type' | 'us_bank_account'> {
  return {
    type: 'us_bank_account',
    us_bank_account: {
      account_holder_type: 'company',
      account_type: 'checking',
      bank_name: 'SIMULATED BANK',
      financial_connections_account: null,
      fingerprint: 'FFDMA0xfhBjWSZLu',
      last4: '6789',
      networks: { preferred: 'ach', supported: ['ach'] },
      routing_number: '110000000',
      status_details: {},
    },
  };
}

/** Gives a card to a customer, who can be charged with it afterwards. */
export function attach(account: Account, card: Card, customerId: string): void {
  if (card.object.customer === customerId) return;
  card.object.customer = customerId;
  account.events.emit('payment_method.attached', card.object);
}

/** Takes a card away for good: it can never be charged again. */
export function detach(account: Account, card: Card): void {
  const customer = card.object.customer;
  card.object.customer = null;
  account.cards.delete(card.object.id);
  account.events.emit('payment_method.detached', card.object, { customer });
}
