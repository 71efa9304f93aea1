/**
 * A bounded, read-through cache for one kind of directory record.
 *
 * Idea. Correctness comes from invalidation (`forget`), called by the writer in this process and
 * by NOTIFY for the others; the time to live is only the net under a lost notification. Four rules
 * keep it right, and out of the way:
 *  - one load per key at a time, shared by all who ask (a cold key is one query, not thousands);
 *  - a load under way when its key is forgotten is not kept: it may have read the old row;
 *  - when Postgres is away an expired value still serves, up to `staleMs`, because calls go on
 *    without Postgres. A FORGOTTEN value never does: it is known to be wrong;
 *  - a record that is read in the second half of its time is renewed while it still serves, so that
 *    nobody waits for Postgres who asks for what others ask for all the time.
 */
import { isPostgresOutage } from '../postgres-errors.ts';

/** Every bound of one cache; durations in milliseconds. */
export interface CacheLimits {
  /** Records kept; the least recently read goes first. */
  maxEntries: number;
  /** How long a found record is served without asking again. */
  ttlMs: number;
  /** The same for "there is none". */
  absentTtlMs: number;
  /** How long past its reading a record may serve while Postgres is away. */
  staleMs: number;
  /**
   * How long a reader who holds an expired record waits for the new one, counted from when it was asked
   * for: who comes later has been waited for already.
   */
  patienceMs: number;
  /** After a failed or slow refresh, how long the expired record serves without a new attempt. */
  retryMs: number;
}

export const DEFAULT_CACHE_LIMITS: CacheLimits = {
  maxEntries: 20_000,
  ttlMs: 5_000,
  absentTtlMs: 1_000,
  staleMs: 3_600_000,
  patienceMs: 250,
  retryMs: 1_000,
};

interface Entry<T> {
  value: T | undefined;
  /** The same, as a reader gets it: one for all, made once. */
  answer: Promise<T | undefined>;
  freshUntilMs: number;
  staleUntilMs: number;
  /** From then on a read renews it. */
  renewFromMs: number;
}

const TOO_SLOW = Symbol('too slow');

export class ReadCache<T> {
  readonly #limits: CacheLimits;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #flights = new Map<string, Promise<T | undefined>>();
  readonly #askedAtMs = new WeakMap<Promise<T | undefined>, number>();

  constructor(limits: Partial<CacheLimits> = {}, nowMs: () => number = () => performance.now()) {
    this.#limits = { ...DEFAULT_CACHE_LIMITS, ...limits };
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The record, or undefined if there is none. Throws what `load` throws if nothing can serve. */
  read(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const entry = this.#entries.get(key);
    const nowMs = this.#nowMs();
    if (entry !== undefined && nowMs < entry.freshUntilMs) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      if (nowMs >= entry.renewFromMs) {
        this.#renew(key, entry, load);
      }
      return entry.answer;
    }
    const flight = this.#flights.get(key) ?? this.#startFlight(key, load);
    if (entry === undefined || entry.value === undefined || nowMs >= entry.staleUntilMs) {
      return flight;
    }
    return this.#refreshed(key, entry, flight);
  }

  /** Drops one record, and the load under way for it. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#flights.delete(key);
  }

  /** Makes every record ask again: notifications may have been missed. */
  expireAll(): void {
    this.#flights.clear();
    for (const entry of this.#entries.values()) {
      entry.freshUntilMs = 0;
    }
  }

  /** Asks for the record anew, and nobody waits for it. */
  #renew(key: string, entry: Entry<T>, load: () => Promise<T | undefined>): void {
    entry.renewFromMs = this.#nowMs() + this.#limits.retryMs;
    const flight = this.#flights.get(key) ?? this.#startFlight(key, load);
    // Whoever reads it once it has expired is told why it cannot be had.
    flight.catch(() => undefined);
  }

  #startFlight(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const flight = load().then(
      (value) => {
        if (this.#flights.get(key) === flight) {
          this.#flights.delete(key);
          this.#keep(key, value);
        }
        return value;
      },
      (error: unknown) => {
        if (this.#flights.get(key) === flight) {
          this.#flights.delete(key);
        }
        throw error;
      },
    );
    this.#flights.set(key, flight);
    this.#askedAtMs.set(flight, this.#nowMs());
    return flight;
  }

  #keep(key: string, value: T | undefined): void {
    const limits = this.#limits;
    const nowMs = this.#nowMs();
    const ttlMs = value === undefined ? limits.absentTtlMs : limits.ttlMs;
    this.#entries.delete(key);
    this.#entries.set(key, {
      value,
      answer: Promise.resolve(value),
      freshUntilMs: nowMs + ttlMs,
      staleUntilMs: nowMs + limits.staleMs,
      renewFromMs: value === undefined ? Number.POSITIVE_INFINITY : nowMs + ttlMs / 2,
    });
    if (this.#entries.size > limits.maxEntries) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) {
        this.#entries.delete(oldest.value);
      }
    }
  }

  /** Waits a little for the new value; an outage or a slow answer lets the expired one serve. */
  async #refreshed(key: string, entry: Entry<T>, flight: Promise<T | undefined>) {
    const { patienceMs, retryMs } = this.#limits;
    const waitedMs = this.#nowMs() - (this.#askedAtMs.get(flight) ?? 0);
    const leftMs = Math.max(0, patienceMs - waitedMs);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<typeof TOO_SLOW>((resolve) => {
      timer = setTimeout(() => resolve(TOO_SLOW), leftMs);
    });
    try {
      const answer = await Promise.race([flight, patience]);
      if (answer !== TOO_SLOW) {
        return answer;
      }
      flight.catch(() => undefined);
    } catch (error) {
      if (!isPostgresOutage(error)) {
        throw error;
      }
    } finally {
      clearTimeout(timer);
    }
    if (this.#entries.get(key) !== entry) {
      // Forgotten or renewed while we waited: only the database, or the newer record, may answer.
      return await (this.#flights.get(key) ?? flight);
    }
    entry.freshUntilMs = this.#nowMs() + retryMs;
    entry.renewFromMs = entry.freshUntilMs;
    return entry.value;
  }
}
