/**
 * Writes call records and timeline events in batches: while one statement is under way the next
 * batch gathers, and a little longer when several gathered before, so a thousand calls a second cost
 * a few statements. Whoever writes alone never waits for others. While Postgres is away the
 * batch waits (calls go on without Postgres) up to a bound, beyond which the oldest are dropped
 * and counted: the hold, its money and its ledger rows do not depend on them.
 */
import type { Log } from '../doors.ts';

const BATCH_MAX = 500;
const WAITING_MAX = 50_000;
const RETRY_MS = 500;
/** How long after a batch of several the next one begins: a transaction costs more than a row of it. */
const LINGER_MS = 3;

export interface WriteBehind<Item> {
  /** Settles when the item is written, or after `patienceMs`, whichever is first. Never rejects. */
  write(item: Item, patienceMs?: number): Promise<void>;
  /** Writes what waits, giving up after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

export interface WriteBehindOptions<Item> {
  /** What is written, for the log. */
  readonly name: string;
  insert(items: readonly Item[]): Promise<void>;
  /** True when writing again later may succeed; what fails otherwise is given up. */
  isOutage(error: unknown): boolean;
  readonly log: Log;
}

const AT_ONCE = Promise.resolve();

interface Waiting<Item> {
  readonly item: Item;
  readonly done: () => void;
}

export function createWriteBehind<Item>(options: WriteBehindOptions<Item>): WriteBehind<Item> {
  const { name, log } = options;
  const waiting: Waiting<Item>[] = [];
  let running: Promise<void> | undefined;
  let stopping = false;
  /** Of performance.now(). */
  let nextFromMs = 0;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const early = nextFromMs - performance.now();
      if (early > 0 && waiting.length < BATCH_MAX && !stopping) await pause(early);
      const batch = waiting.splice(0, BATCH_MAX);
      if (await written(batch)) {
        nextFromMs = batch.length > 1 ? performance.now() + LINGER_MS : 0;
        for (const { done } of batch) done();
        continue;
      }
      waiting.unshift(...batch);
      if (stopping) break;
      await pause(RETRY_MS);
    }
    // In the same turn as the last look: what comes after it must find that nobody writes any more.
    running = undefined;
  }

  async function written(batch: readonly Waiting<Item>[]): Promise<boolean> {
    try {
      await options.insert(batch.map(({ item }) => item));
      return true;
    } catch (error) {
      const again = options.isOutage(error);
      const fields = { err: error, items: batch.length };
      if (again) log.warn(fields, `${name}: the database is away, will write again`);
      else if (batch.length > 1) return await eachAlone(batch);
      else log.error(fields, `${name}: one was refused and is given up`);
      return !again;
    }
  }

  /** One item that the database refuses must not take the others of its batch with it. */
  async function eachAlone(batch: readonly Waiting<Item>[]): Promise<boolean> {
    for (const single of batch) if (!(await written([single]))) return false;
    return true;
  }

  function start(): void {
    running ??= drain();
  }

  return {
    write(item, patienceMs = 0) {
      if (waiting.length >= WAITING_MAX) {
        waiting.splice(0, BATCH_MAX);
        log.error({ dropped: BATCH_MAX }, `${name}: too many waiting, the oldest were dropped`);
      }
      if (patienceMs === 0) {
        waiting.push({ item, done: () => undefined });
        start();
        return AT_ONCE;
      }
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        const done = () => {
          clearTimeout(timer);
          resolve();
        };
        waiting.push({ item, done });
        start();
      });
    },
    async stop(timeoutMs) {
      stopping = true;
      if (waiting.length > 0) start();
      if (running !== undefined) await atMost(running, timeoutMs);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

async function atMost(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
