import type Stripe from 'stripe';
import { z } from 'zod';
import { parsed } from '../providers/exchange/control-routes.ts';
import { type Faults, faultsSchema } from '../providers/exchange/faults.ts';
import type { Route } from '../providers/http/route.ts';
import { type Account, found, type WebhookEndpoint } from './account.ts';
import { testCard } from './cards.ts';
import { closeDispute, type NewDispute, openDispute } from './objects/dispute.ts';
import { failRefund, settleRefund } from './objects/refund.ts';
import { settle } from './pay.ts';

/** What tests and simulations may know and do that a user of Stripe may not. */
export interface StripeControl {
  readonly seed: number;
  counts(): Record<string, number>;
  /** Oldest first. */
  events(): readonly Stripe.Event[];
  intents(): readonly Stripe.PaymentIntent[];
  charges(): readonly Stripe.Charge[];
  setFaults(faults: Faults): void;
  /** Events go there from now on. */
  setEndpoint(endpoint: WebhookEndpoint): void;
  /** From now on this card behaves like that test card. */
  card(paymentMethod: string, testCardName: string): void;
  /** A bank debit comes through, or does not. */
  settle(paymentIntent: string, succeeded: boolean): boolean;
  dispute(fields: NewDispute): Stripe.Dispute;
  closeDispute(id: string, status: 'won' | 'lost' | 'warning_closed'): void;
  failRefund(id: string): void;
  /** A refund to a bank account arrives; false when it was not under way. */
  settleRefund(id: string): boolean;
  /** Delivers an event once more. */
  resend(eventId: string): void;
}

export function createControl(account: Account): StripeControl {
  const { events, disputes, refunds } = account;
  return {
    seed: account.seed,
    counts: () => ({
      customers: account.customers.size,
      sessions: account.sessions.size,
      payment_intents: account.intents.size,
      charges: account.charges.size,
      refunds: refunds.size,
      disputes: disputes.size,
      events: events.all.length,
      webhooks_pending: events.webhooks.pending,
      ...events.webhooks.counts,
    }),
    events: () => events.all,
    intents: () => [...account.intents.values()],
    charges: () => [...account.charges.values()],
    setFaults(faults) {
      account.faults = faultsSchema.parse(faults);
    },
    setEndpoint: (endpoint) => account.setEndpoint(endpoint),
    card(id, name) {
      account.card(id, 'payment_method').outcome = testCard(name);
    },
    settle: (id, succeeded) => settle(account, account.intent(id), succeeded),
    dispute: (fields) => openDispute(account, fields),
    closeDispute: (id, status) => closeDispute(account, found(disputes, 'dispute', id), status),
    settleRefund: (id) => settleRefund(account, found(refunds, 'refund', id)),
    failRefund: (id) => failRefund(account, found(refunds, 'refund', id)),
    resend(eventId) {
      const event = events.all.find(({ id }) => id === eventId);
      if (event === undefined) throw new RangeError(`no event ${eventId}`);
      events.deliver(event);
    },
  };
}

const text = z.string().max(128);
const endpointSchema = z.strictObject({ url: z.url().max(2000), secret: text.optional() });
const cardSchema = z.strictObject({ payment_method: text, test_card: text });
const settleSchema = z.strictObject({ payment_intent: text, succeeded: z.boolean() });
const disputeSchema = z.strictObject({
  payment_intent: text,
  amount: z.int().min(1).optional(),
  reason: text.optional(),
  inquiry: z.boolean().optional(),
});
const closeSchema = z.strictObject({
  dispute: text,
  status: z.enum(['won', 'lost', 'warning_closed']),
});

/** The control over HTTP, for a simulator that is a process of its own. Never faulty. */
export function controlRoutes(control: StripeControl): Route[] {
  const does = <T>(name: string, schema: z.ZodType<T>, work: (given: T) => unknown): Route => ({
    method: 'POST',
    path: new RegExp(`^/simulation/${name}$`),
    handle(request) {
      const body = work(parsed(schema, request));
      return body === undefined ? { status: 204 } : { status: 200, body };
    },
  });
  return [
    {
      method: 'GET',
      path: /^\/simulation\/counts$/,
      handle: () => ({ status: 200, body: { seed: control.seed, ...control.counts() } }),
    },
    does('faults', faultsSchema, control.setFaults),
    does('endpoint', endpointSchema, control.setEndpoint),
    does('cards', cardSchema, (given) => control.card(given.payment_method, given.test_card)),
    does('settlements', settleSchema, (given) => ({
      settled: control.settle(given.payment_intent, given.succeeded),
    })),
    does('disputes', disputeSchema, ({ payment_intent: paymentIntent, ...more }) =>
      control.dispute({ paymentIntent, ...more }),
    ),
    does('dispute-ends', closeSchema, (given) => control.closeDispute(given.dispute, given.status)),
    does('refund-settlements', z.strictObject({ refund: text }), (given) => ({
      settled: control.settleRefund(given.refund),
    })),
    does('refund-failures', z.strictObject({ refund: text }), (given) =>
      control.failRefund(given.refund),
    ),
    does('resends', z.strictObject({ event: text }), (given) => control.resend(given.event)),
  ];
}
