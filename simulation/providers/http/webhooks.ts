import type { SimulatedClock } from '../exchange/clock.ts';
import type { Dice } from '../exchange/dice.ts';
import type { WebhookFaults } from '../exchange/faults.ts';
import { type Delivery, type PhoneCall, REMEMBERED_PER_CALL } from '../exchange/phone-call.ts';
import { type Answer, Poster } from './poster.ts';

const PENDING_MAX = 200_000;
const DISORDER_MS = [1_000, 10_000] as const;
const DUPLICATE_MS = [0, 2_000] as const;

/** One event to deliver. */
export interface Webhook {
  readonly event: string;
  readonly url: string;
  readonly body: string;
  /** Headers of one attempt, signed at its own real moment (epoch ms). */
  readonly headers: (wallMs: number) => Readonly<Record<string, string>>;
  /** Real ms. */
  readonly timeoutMs: number;
  /** Simulated ms before each further attempt; none, no retry. */
  readonly retryDelaysMs: readonly number[];
  /** Statuses, besides 2xx, that are not tried again. */
  readonly finalStatuses?: readonly number[];
  /** The call it is about, on which deliveries are noted. */
  readonly call: PhoneCall | undefined;
  readonly faults: WebhookFaults;
  readonly dice: Dice;
}

/** Delivers webhooks with the faults asked for. What is pending is bounded; more is lost, counted. */
export class Webhooks {
  readonly #clock: SimulatedClock;
  readonly #poster = new Poster();
  readonly counts = { sent: 0, delivered: 0, failed: 0, lost: 0, overflowed: 0 };
  pending = 0;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  /** Resolves with the first 2xx answer, or undefined once nothing more will be tried. */
  async send(webhook: Webhook): Promise<Answer | undefined> {
    const { faults, dice } = webhook;
    // Everything is drawn at once, so that answers cannot change what is drawn next.
    const lost = dice.chance(faults.lost ?? 0);
    const twice = dice.chance(faults.duplicate ?? 0);
    const late = dice.chance(faults.disorder ?? 0);
    const delayMs = dice.between(faults.delayMs ?? [0, 0]);
    const lateMs = dice.between(faults.disorderMs ?? DISORDER_MS);
    const againMs = dice.between(DUPLICATE_MS);
    const delivery = note(webhook, this.#clock.now());
    if (lost) {
      this.counts.lost += 1;
      delivery.outcome = 'lost';
      return undefined;
    }
    const firstMs = delayMs + (late ? lateMs : 0);
    const first = this.#deliver(webhook, delivery, firstMs);
    if (twice) void this.#deliver(webhook, delivery, firstMs + againMs);
    return first;
  }

  close(): void {
    this.#poster.close();
  }

  async #deliver(webhook: Webhook, delivery: Delivery, delayMs: number) {
    if (this.pending >= PENDING_MAX) {
      this.counts.overflowed += 1;
      delivery.outcome = 'lost';
      return undefined;
    }
    this.pending += 1;
    try {
      if (delayMs > 0) await this.#pause(delayMs);
      const answer = await this.#attempts(webhook, delivery);
      this.counts[answer ? 'delivered' : 'failed'] += 1;
      if (answer) delivery.outcome = 'delivered';
      else if (delivery.outcome === 'pending') delivery.outcome = 'failed';
      return answer;
    } finally {
      this.pending -= 1;
    }
  }

  async #attempts(webhook: Webhook, delivery: Delivery): Promise<Answer | undefined> {
    for (const pauseMs of [0, ...webhook.retryDelaysMs]) {
      if (pauseMs > 0) await this.#pause(pauseMs);
      this.counts.sent += 1;
      delivery.attempts += 1;
      const headers = webhook.headers(Date.now());
      const answer = await this.#poster
        .post(webhook.url, headers, webhook.body, webhook.timeoutMs)
        .catch(() => undefined);
      delivery.status = answer?.status;
      if (answer && answer.status >= 200 && answer.status < 300) return answer;
      if (answer && webhook.finalStatuses?.includes(answer.status)) return undefined;
    }
    return undefined;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(delayMs, resolve));
  }
}

function note(webhook: Webhook, atMs: number): Delivery {
  const delivery: Delivery = {
    event: webhook.event,
    atMs,
    attempts: 0,
    outcome: 'pending',
    status: undefined,
  };
  const { call } = webhook;
  if (call) {
    call.deliveryCount += 1;
    if (call.deliveries.length < REMEMBERED_PER_CALL) call.deliveries.push(delivery);
  }
  return delivery;
}
