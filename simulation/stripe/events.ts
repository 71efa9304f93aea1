import { createHmac } from 'node:crypto';
import type Stripe from 'stripe';
import { Dice } from '../providers/exchange/dice.ts';
import { webhookFaultsOf } from '../providers/exchange/faults.ts';
import { Webhooks } from '../providers/http/webhooks.ts';
import type { Account } from './account.ts';
import { invalid } from './errors.ts';

/** The version whose shapes this simulator speaks. */
export const API_VERSION = '2026-10-28.endive';

const EVENTS_MAX = 200_000;
const TIMEOUT_MS = 20_000;

/** Every event, oldest first, and their delivery: signed, repeated until answered with 2xx. */
export class Events {
  readonly all: Stripe.Event[] = [];
  readonly webhooks: Webhooks;
  /** The request that makes events now. */
  request: Stripe.Event.Request | null = null;
  readonly #account: Account;
  readonly #retryDelaysMs: readonly number[];
  #sent = 0;

  constructor(account: Account, retryDelaysMs: readonly number[]) {
    this.#account = account;
    this.#retryDelaysMs = retryDelaysMs;
    this.webhooks = new Webhooks(account.clock);
  }

  /** Makes an event of what an object is now, and delivers it. */
  emit(type: string, object: object, previous?: Record<string, unknown>): void {
    if (this.all.length >= EVENTS_MAX) throw invalid('The simulator is full.');
    const data = {
      object: structuredClone(object),
      ...(previous && { previous_attributes: previous }),
    };
    const event = {
      id: this.#account.id('evt'),
      object: 'event',
      api_version: API_VERSION,
      created: this.#account.now(),
      data,
      livemode: false,
      pending_webhooks: this.#account.endpoint === undefined ? 0 : 1,
      request: this.request,
      type,
    } as unknown as Stripe.Event;
    this.all.push(event);
    this.deliver(event);
  }

  /** Sends an event, again if it was sent before. */
  deliver(event: Stripe.Event): void {
    const { endpoint } = this.#account;
    if (endpoint === undefined) return;
    const { url, secret } = endpoint;
    this.#sent += 1;
    const body = JSON.stringify(event, undefined, 2);
    void this.webhooks.send({
      event: event.type,
      url,
      body,
      headers: (wallMs) => ({
        'content-type': 'application/json; charset=utf-8',
        ...(secret !== undefined && { 'stripe-signature': signature(secret, wallMs, body) }),
      }),
      timeoutMs: TIMEOUT_MS,
      retryDelaysMs: this.#retryDelaysMs,
      call: undefined,
      faults: webhookFaultsOf(event.type, this.#account.faults, undefined),
      dice: new Dice(this.#account.seed, 'event', this.#sent),
    });
  }

  close(): void {
    this.webhooks.close();
  }
}

/** The header of one attempt: HMAC over the seconds and the raw body, with the secret as it is written. */
export function signature(secret: string, wallMs: number, body: string): string {
  const seconds = Math.floor(wallMs / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
