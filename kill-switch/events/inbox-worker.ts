/** Applies stored provider events once the engine is back: in order per call, until each is in. */
import { newId } from '../../engine/index.ts';
import type { Inbox, InboxItem, Log } from '../doors.ts';
import type { AppliableEvent } from '../providers/event.ts';
import type { ApplyEvent } from './apply-event.ts';

const BATCH_MAX = 50;
const LEASE_MS = 30_000;
const IDLE_MS = 1_000;
const RETRY_MAX_MS = 60_000;

export interface InboxWorker {
  /** Stores an event to be applied later. @throws when the database is away as well. */
  store(event: AppliableEvent): Promise<void>;
  start(): void;
  /** Ends after the event under way. */
  stop(): Promise<void>;
}

export interface InboxWorkerOptions {
  readonly inbox: Inbox;
  readonly apply: ApplyEvent;
  readonly log: Log;
  /** True when an error is an outage of a store. */
  readonly isOutage: (error: unknown) => boolean;
}

export function createInboxWorker(options: InboxWorkerOptions): InboxWorker {
  const { inbox, log } = options;
  const owner = newId('req');
  let stopping = false;
  let running: Promise<void> | undefined;
  let wake: () => void = () => undefined;

  async function run(): Promise<void> {
    while (!stopping) {
      const worked = await workBatch();
      if (!worked && !stopping) await idle();
    }
  }

  async function workBatch(): Promise<boolean> {
    try {
      const items = await inbox.claim(owner, BATCH_MAX, LEASE_MS);
      for (const item of items) {
        if (stopping) return true;
        await work(item);
      }
      return items.length > 0;
    } catch (error) {
      log.warn({ err: error }, 'the inbox cannot be read, will try again');
      return false;
    }
  }

  async function work(item: InboxItem): Promise<void> {
    try {
      const applied = await options.apply(item.event);
      await inbox.applied([item.id]);
      log.info({ id: item.id, status: applied.status }, 'a stored event was applied');
    } catch (error) {
      const away = options.isOutage(error);
      const retryMs = away ? IDLE_MS : Math.min(RETRY_MAX_MS, 1_000 * 2 ** item.attempts);
      if (!away) log.error({ err: error, id: item.id }, 'a stored event could not be applied');
      const why = error instanceof Error ? error.name : 'unknown';
      await inbox.failed(item.id, owner, why, retryMs);
    }
  }

  function idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    async store(event) {
      await inbox.store(event, callKey(event), eventKey(event));
      wake();
    },
    start() {
      running ??= run();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}

function callKey(event: AppliableEvent): string {
  return event.providerCallId || event.ringfence.callId || 'no call';
}

/** One delivery is stored once. Signs of life are many and alike: one a minute is enough. */
function eventKey(event: AppliableEvent): string {
  const atMs = event.atMs ?? 0;
  const moment = event.type === 'alive' ? Math.floor(atMs / 60_000) : atMs;
  // With the signer, so that nobody can take the place of another tenant's event beforehand.
  return `${event.type} ${event.name} ${callKey(event)} ${moment} ${event.signedBy ?? ''}`.trim();
}
