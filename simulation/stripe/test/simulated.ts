/** The simulator with the real SDK pointed at it, and a receiver of its events. */
import Stripe from 'stripe';
import { eventually } from '../../providers/test/eventually.ts';
import { type Receiver, startReceiver } from '../../providers/test/receiver.ts';
import type { StripeOptions } from '../account.ts';
import { type StripeSimulator, startStripe } from '../start.ts';

export const SECRET = 'whsec_of_the_simulator_test';
const API_KEY = 'sk_test_of_the_simulator';

export interface Simulated {
  readonly stripe: Stripe;
  readonly simulator: StripeSimulator;
  readonly receiver: Receiver;
  /** Events that arrived, their signatures verified by the SDK, in order of arrival. */
  received(): Stripe.Event[];
  /** Resolves when events of these types, and no others, were received; in any order. */
  types(expected: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export async function simulated(options: Partial<StripeOptions> = {}): Promise<Simulated> {
  const receiver = await startReceiver();
  const simulator = await startStripe({
    apiKey: API_KEY,
    webhookUrl: receiver.url,
    webhookSecret: SECRET,
    seed: 7,
    retryDelaysMs: [10, 20],
    ...options,
  });
  const stripe = sdk(simulator.url, API_KEY);
  const received = () =>
    receiver.received.map(({ body, headers }) =>
      stripe.webhooks.constructEvent(body, headers.get('stripe-signature') ?? '', SECRET),
    );
  return {
    stripe,
    simulator,
    receiver,
    received,
    async types(expected) {
      const sorted = [...expected].sort();
      await eventually(() =>
        received()
          .map(({ type }) => type as string)
          .sort(),
      ).toEqual(sorted);
    },
    async stop() {
      await simulator.stop();
      await receiver.stop();
    },
  };
}

export function sdk(url: string, apiKey: string, maxNetworkRetries = 0): Stripe {
  const { hostname: host, port } = new URL(url);
  return new Stripe(apiKey, { host, port, protocol: 'http', maxNetworkRetries, telemetry: false });
}

/** A customer with a saved card of this name. */
export async function customerWith(stripe: Stripe, testCard: string) {
  const customer = await stripe.customers.create({ name: 'Acme' });
  const card = await stripe.paymentMethods.attach(`pm_card_${testCard}`, { customer: customer.id });
  return { customer: customer.id, payment_method: card.id };
}

/** What a visitor of a page does there. Redirects are answered, not followed. */
export function visit(url: string, outcome: string): Promise<Response> {
  const body = new URLSearchParams({ outcome });
  return fetch(url, { method: 'POST', body, redirect: 'manual' });
}
