/**
 * Keeps the caches of many processes right: every directory write names the records it changed, and
 * the names travel by NOTIFY inside the writing transaction, so that they arrive if and only if the
 * write committed. The writing process forgets its own copies before the write returns.
 *
 * A payload is `topic:key`. When the listening connection was lost, notifications may have been
 * missed, so every record asks again after the reconnection.
 */
import { BugError } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { transaction } from '../transaction.ts';
import { type CacheLimits, ReadCache } from './read-cache.ts';

const CHANNEL = 'ringfence_directory';

/** Names one changed record; call it inside the write, once per record. */
export type Changed = (topic: string, key: string) => void;

/** One write, for whoever opens the transaction. It reads and writes through `tx` alone. */
export type Write<T> = (tx: Transaction, changed: Changed) => Promise<T>;

export class ChangeFeed {
  readonly #sql: Sql;
  readonly #limits: Partial<CacheLimits>;
  readonly #caches = new Map<string, ReadCache<unknown>>();
  #listening: { unlisten: () => Promise<void> } | undefined;

  constructor(sql: Sql, limits: Partial<CacheLimits> = {}) {
    this.#sql = sql;
    this.#limits = limits;
  }

  /** Makes the cache of one topic; a topic has one cache. `limits` are this topic's own. */
  cache<T>(topic: string, limits: Partial<CacheLimits> = {}): ReadCache<T> {
    if (this.#caches.has(topic)) {
      throw new BugError(`the topic ${topic} has a cache already`);
    }
    const cache = new ReadCache<T>({ ...this.#limits, ...limits });
    this.#caches.set(topic, cache);
    return cache;
  }

  /** Hears the other processes until `stop()`. Resolves when the first subscription stands. */
  async listen(): Promise<void> {
    this.#listening = await this.#sql.listen(
      CHANNEL,
      (payload) => this.#forget(payload),
      () => {
        for (const cache of this.#caches.values()) {
          cache.expireAll();
        }
      },
    );
  }

  async stop(): Promise<void> {
    await this.#listening?.unlisten();
    this.#listening = undefined;
  }

  /** Runs a write in one transaction and makes its changes known, here and elsewhere. */
  write<T>(work: Write<T>): Promise<T> {
    return this.#run(work, async (tx, payloads) => {
      await tx`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) payload`;
    });
  }

  /**
   * The same without telling the other processes, for writes that come with every call: commits
   * that notify queue behind one lock of the database. Others see it after its time to live.
   */
  writeQuietly<T>(work: Write<T>): Promise<T> {
    return this.#run(work, async () => undefined);
  }

  async #run<T>(
    work: Write<T>,
    announce: (tx: Transaction, payloads: string[]) => Promise<void>,
  ): Promise<T> {
    const payloads = new Set<string>();
    try {
      return await transaction(this.#sql, async (tx) => {
        const answer = await work(tx, (topic, key) => payloads.add(`${topic}:${key}`));
        await announce(tx, [...payloads]);
        return answer;
      });
    } finally {
      // Also after an error: a commit whose answer was lost has changed the rows all the same.
      for (const payload of payloads) {
        this.#forget(payload);
      }
    }
  }

  #forget(payload: string): void {
    const split = payload.indexOf(':');
    this.#caches.get(payload.slice(0, split))?.forget(payload.slice(split + 1));
  }
}
