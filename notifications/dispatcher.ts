/**
 * Takes events out of the outbox and brings them where they are wanted.
 *
 *   outbox --> one delivery for each endpoint that wants it --> tries, until one is taken
 *
 * A delivery is claimed for a time; whoever dies with it in hand loses it to another process, so an
 * event arrives at least once. Its id is the same each time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type {
  ClaimedDelivery,
  Deliveries,
  DeliveryOutcome,
  NotificationChannel,
} from '../persistence/index.ts';
import type { Channel, NotificationLog, Sent } from './channel.ts';
import { outcomeOf } from './outcome.ts';

export interface DispatcherOptions {
  readonly deliveries: Pick<Deliveries, 'fanOut' | 'claim' | 'record' | 'putBack'>;
  readonly channels: Readonly<Partial<Record<NotificationChannel, Channel>>>;
  readonly log: NotificationLog;
  /** Name of this process, unique among all. */
  readonly owner: string;
  /** Epoch ms of all schedules; a test may let it run. */
  readonly nowMs?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** Told of each try. */
  readonly tried?: (channel: NotificationChannel, outcome: Sent['status']) => void;
}

export interface Dispatcher {
  /** One look, and the tries it leads to. @returns how many events and deliveries there were */
  round(): Promise<number>;
  start(): void;
  /** Looks soon: something was written. May be called at every commit. */
  wake(): void;
  stop(): Promise<void>;
}

const FAN_OUT_EVENTS = 500;
/** Tries of this process at once, and at one endpoint. */
const IN_HAND_MAX = 64;
const PER_ENDPOINT_MAX = 8;
/** Tries that are left to endpoints that have none: slow ones must not hold up all the others. */
const RESERVED = 16;
/** Longer than any try takes. */
const LEASE_MS = 60_000;
/** Failures for which an event holds back the later ones of its subject: about an hour. */
const HELD_BACK = 6;
const IDLE_MS = 500;
/** Commits of so long are looked at together: each look costs the database what a small commit does. */
const WOKEN_MS = 50;
/** A channel that is switched off is looked at so often. */
const NO_CHANNEL_MS = 3_600_000;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { deliveries, log, owner, nowMs = Date.now, random = Math.random } = options;
  const stopping = new AbortController();
  let woken = new AbortController();
  const waking = gathered(() => woken.abort());
  let running: Promise<void> | undefined;
  /** Endpoints of the tries under way. */
  const inHand = new Map<Promise<void>, string>();

  /** Starts what is due. @returns how much there was to do */
  async function look(): Promise<number> {
    const events = await deliveries.fanOut(FAN_OUT_EVENTS, new Date(nowMs()));
    const claimed = await deliveries.claim({
      owner,
      now: new Date(nowMs()),
      leaseMs: LEASE_MS,
      limit: IN_HAND_MAX - inHand.size,
      reserved: RESERVED,
      perEndpoint: PER_ENDPOINT_MAX,
      heldBack: HELD_BACK,
      inHand: countsOf(inHand.values()),
    });
    for (const delivery of claimed) begin(delivery);
    return events + claimed.length;
  }

  function begin(delivery: ClaimedDelivery): void {
    const trying = attempt(delivery)
      // Claimed as it is, it is tried again when the claim has run out.
      .catch((err: unknown) =>
        log.warn({ err, delivery_id: delivery.id }, 'a try was not recorded'),
      )
      .finally(() => {
        inHand.delete(trying);
        woken.abort();
      });
    inHand.set(trying, delivery.endpointId);
  }

  async function attempt(delivery: ClaimedDelivery): Promise<void> {
    const at = nowMs();
    const started = performance.now();
    const sent = await send(delivery, at);
    options.tried?.(delivery.channel, sent.status);
    if (sent.status === 'later') {
      await deliveries.putBack(delivery.id, owner, new Date(sent.untilMs));
      return;
    }
    const durationMs = Math.round(performance.now() - started);
    const outcome = await deliveries.record(delivery.id, owner, (strikes) => ({
      ...outcomeOf(delivery, strikes, sent, at, random()),
      durationMs,
    }));
    if (outcome !== undefined) logEnd(log, delivery, outcome);
  }

  async function send(delivery: ClaimedDelivery, at: number): Promise<Sent> {
    const channel = options.channels[delivery.channel];
    if (channel === undefined) return { status: 'later', untilMs: at + NO_CHANNEL_MS };
    return channel(delivery, at);
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = new AbortController();
      const done = await look().catch((err: unknown) => {
        log.warn({ err }, 'notifications wait for the database');
        return 0;
      });
      if (done > 0) continue;
      const signal = AbortSignal.any([stopping.signal, woken.signal]);
      await pause(IDLE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    async round() {
      const done = await look();
      await Promise.all(inHand.keys());
      return done;
    },
    start() {
      running ??= loop();
    },
    wake: waking.ask,
    async stop() {
      stopping.abort();
      waking.stop();
      await running;
      await Promise.all(inHand.keys());
    },
  };
}

/** Nothing of what a receiver answered, nor where it is. */
function logEnd(
  log: NotificationLog,
  { endpointId, eventId }: ClaimedDelivery,
  { disable, state, error }: DeliveryOutcome,
): void {
  if (disable !== null) {
    log.warn({ endpoint_id: endpointId, why: disable }, 'an endpoint is gone');
  } else if (state === 'failed') {
    const fields = { endpoint_id: endpointId, event_id: eventId, why: error };
    log.warn(fields, 'an event was not delivered and is given up');
  }
}

/** Runs once for all that ask within a short time. */
function gathered(run: () => void): { ask(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    ask() {
      timer ??= setTimeout(() => {
        timer = undefined;
        run();
      }, WOKEN_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/** How many tries of each endpoint are under way. */
function countsOf(endpointIds: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of endpointIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
