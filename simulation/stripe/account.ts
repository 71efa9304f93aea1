import type Stripe from 'stripe';
import { z } from 'zod';
import { SimulatedClock } from '../providers/exchange/clock.ts';
import { anySeed, Dice } from '../providers/exchange/dice.ts';
import {
  type Faults,
  faultsSchema,
  type Operation,
  requestFaultsOf,
} from '../providers/exchange/faults.ts';
import { loopbackUrl } from '../providers/http/loopback.ts';
import type { CardOutcome } from './cards.ts';
import { invalid, missing } from './errors.ts';
import { Events } from './events.ts';
import { Idempotency } from './idempotency.ts';
import type { NewIntent } from './objects/payment-intent.ts';

export interface StripeOptions {
  /** On 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  readonly apiKey: string;
  /** Where events go, on this machine; without it none are sent. */
  readonly webhookUrl?: string | undefined;
  readonly webhookSecret?: string | undefined;
  readonly seed?: number | undefined;
  /** Simulated ms per real one: sessions expire, bank debits settle and events are repeated by it. */
  readonly scale?: number | undefined;
  readonly faults?: Faults | undefined;
  /** Simulated ms before each further attempt to deliver an event. */
  readonly retryDelaysMs?: readonly number[] | undefined;
  /** Simulated ms after which a bank debit settles by itself; without it the control has to. */
  readonly settleMs?: number | undefined;
  /** What a request waits for while it is in progress; a second one with its Idempotency-Key meets it. */
  readonly progress?: (() => Promise<void>) | undefined;
}

export interface WebhookEndpoint {
  readonly url: string;
  /** Without it nothing is signed. */
  readonly secret?: string | undefined;
}

const OBJECTS_MAX = 200_000;
/** Stripe retries for three days; here a few times, soon. */
const RETRY_DELAYS_MS = [500, 2_000, 5_000, 15_000, 60_000, 300_000];

/** What a session says about the payment that it will make. */
export interface Order
  extends Pick<NewIntent, 'metadata' | 'description' | 'setupFutureUsage' | 'receiptEmail'> {
  readonly name: string;
}

/** A card, or a bank account, and what happens when it is charged. */
export interface Card {
  readonly object: Stripe.PaymentMethod;
  outcome: CardOutcome;
}

/** Everything there is in the simulated account. */
export class Account {
  readonly options: StripeOptions;
  readonly seed: number;
  readonly clock: SimulatedClock;
  readonly customers = new Map<string, Stripe.Customer | Stripe.DeletedCustomer>();
  readonly cards = new Map<string, Card>();
  readonly sessions = new Map<string, Stripe.Checkout.Session>();
  /** What each session is to sell. */
  readonly orders = new Map<string, Order>();
  readonly intents = new Map<string, Stripe.PaymentIntent>();
  readonly charges = new Map<string, Stripe.Charge>();
  readonly refunds = new Map<string, Stripe.Refund>();
  readonly disputes = new Map<string, Stripe.Dispute>();
  readonly idempotency = new Idempotency();
  readonly events: Events;
  faults: Faults;
  /** Where events go; none without it. */
  endpoint: WebhookEndpoint | undefined;
  /** Where pages are; known once the server listens. */
  url = '';
  #ids = 0;
  #draws = 0;

  constructor(options: StripeOptions) {
    this.options = options;
    this.seed = options.seed ?? anySeed();
    this.clock = new SimulatedClock(options);
    this.faults = faultsSchema.parse(options.faults ?? {});
    const { webhookUrl: url, webhookSecret: secret } = options;
    if (url !== undefined) this.setEndpoint({ url, secret });
    this.events = new Events(
      this,
      z.array(z.int().min(0)).parse(options.retryDelaysMs ?? RETRY_DELAYS_MS),
    );
  }

  /** @throws RangeError for one outside this machine */
  setEndpoint(endpoint: WebhookEndpoint): void {
    loopbackUrl(endpoint.url);
    this.endpoint = endpoint;
  }

  /** Epoch seconds. */
  now(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  id(prefix: string): string {
    this.#ids += 1;
    if (this.#ids > OBJECTS_MAX) throw invalid('The simulator is full.');
    return `${prefix}_${new Dice(this.seed, 'id', this.#ids).hex(24)}`;
  }

  requestFaults(operation: Operation) {
    this.#draws += 1;
    const dice = new Dice(this.seed, operation, this.#draws);
    return { faults: requestFaultsOf(operation, this.faults, undefined), dice };
  }

  card(id: string, param: string): Card {
    const known = this.cards.get(id);
    if (known === undefined) throw missing('PaymentMethod', id, param);
    return known;
  }

  customer(id: string, param: string): Stripe.Customer {
    const customer = this.customers.get(id);
    if (customer === undefined || customer.deleted) throw missing('customer', id, param);
    return customer;
  }

  intent(id: string, param?: string): Stripe.PaymentIntent {
    return found(this.intents, 'payment_intent', id, param);
  }

  close(): void {
    this.clock.stop();
    this.events.close();
  }
}

/** @throws StripeFailure resource_missing */
export function found<T>(all: ReadonlyMap<string, T>, what: string, id: string, param?: string): T {
  const one = all.get(id);
  if (one === undefined) throw missing(what, id, param);
  return one;
}
