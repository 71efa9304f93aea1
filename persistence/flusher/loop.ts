/**
 * The flusher: moves journal entries into the ledger, exactly once and in order.
 *
 *   renew leases -> read the journal of the partitions held -> one transaction per batch -> again
 *
 * With much to do the next batch is read while one commits, and another one, of other partitions, is
 * planned and committed beside it; with little to do, what comes within some milliseconds shares a batch.
 * Any failure throws away what was read and starts again from the cursors in Postgres, which alone say what
 * is committed.
 */
import type { KeyObject } from 'node:crypto';
import { type Journal, OutageError } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { createLeases, type Leases } from '../leases.ts';
import { type Checkpoint, StaleBatch } from './commit.ts';
import { compareStreamIds, readRun, type StreamEntry } from './entry.ts';
import { type FlusherEvents, tell } from './events.ts';
import { flush } from './flush.ts';
import type { Followers } from './followers.ts';
import { type Committed, Positions, type Run } from './positions.ts';
import { batchesOf, lanesOf } from './runs.ts';
import { FLUSHER_SETTINGS, type FlusherSettings } from './settings.ts';
import { wakeableSleep } from './sleep.ts';

export interface FlusherInput {
  sql: Sql;
  journal: Pick<Journal, 'reachable' | 'read' | 'committed' | 'setCommitted'>;
  chainKey: KeyObject;
  /** Name of this process, unique among all flushers. */
  owner: string;
  settings?: Partial<FlusherSettings>;
  events?: FlusherEvents;
  followers?: Followers | undefined;
  /** Tests only: throws to stop at a statement. */
  checkpoint?: Checkpoint;
}

export interface Flusher {
  /** Partitions this process reads now. */
  held(): ReadonlySet<number>;
  /** Commits what is in the journal, for at most `drainMs`, then gives the leases back. */
  stop(drainMs?: number): Promise<void>;
}

const DRAIN_MS = 10_000;

/** Starts a flusher. It keeps going whatever Postgres or Redis do, until it is stopped. */
export function startFlusher(input: FlusherInput): Flusher {
  const loop = new Loop(input);
  const ended = loop.run();
  return {
    held: () => loop.leases.held(),
    stop(drainMs = DRAIN_MS) {
      loop.stop(drainMs);
      return ended;
    },
  };
}

/** What was read ahead is decoded only when its turn comes: decoded it is many times as large. */
type Unread = Run<StreamEntry>;

class Loop {
  readonly leases: Leases;
  readonly #input: FlusherInput;
  readonly #settings: FlusherSettings;
  readonly #events: FlusherEvents;
  readonly #positions = new Positions();
  readonly #sleep = wakeableSleep();
  /** What Redis has not been told yet: committed stream ids by partition. */
  readonly #untold = new Map<number, string>();
  #ahead: Promise<Unread[]> | undefined;
  #renewAt = 0;
  /** When the last transaction began. */
  #beganAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #inTrouble = false;
  #stopBy = Number.POSITIVE_INFINITY;
  /** The read under way began after the stop, so nothing can come after it. */
  #lastRead = false;
  #drained = false;

  constructor(input: FlusherInput) {
    this.#input = input;
    this.#settings = { ...FLUSHER_SETTINGS, ...input.settings };
    this.#events = input.events ?? {};
    const { owner, sql } = input;
    this.leases = createLeases(sql, { owner, ttlMs: this.#settings.leaseTtlMs });
  }

  async run(): Promise<void> {
    while (!this.#drained && performance.now() < this.#stopBy) {
      try {
        await this.#turn();
        if (this.#inTrouble) this.#events.trouble?.(undefined);
        this.#inTrouble = false;
        this.#failures = 0;
      } catch (error) {
        await this.#startAgain(error);
      }
    }
    await this.#ahead?.catch(() => undefined);
    await this.leases.release().catch(() => undefined);
  }

  stop(drainMs: number): void {
    this.#stopBy = Math.min(this.#stopBy, performance.now() + drainMs);
    this.#sleep.wake();
  }

  get #stopping(): boolean {
    return this.#stopBy !== Number.POSITIVE_INFINITY;
  }

  async #turn(): Promise<void> {
    await this.#followLeases();
    const runs = await (this.#ahead ?? this.#gather());
    this.#ahead = undefined;
    const found = runs.reduce((sum, run) => sum + run.entries.length, 0);
    if (found === 0) {
      await this.#tellRedis();
      this.#drained = this.#lastRead;
      return;
    }
    this.#beganAt = performance.now();
    if (found >= this.#settings.aheadEntries) this.#readAhead();
    await this.#flushLanes(lanesOf(runs, this.#settings.laneEntries));
  }

  /** A failure in one waits for the other: what is read again must not be under way. */
  async #flushLanes(lanes: readonly (readonly Unread[])[]): Promise<void> {
    const { batchEntries } = this.#settings;
    const flushed = await Promise.allSettled(
      lanes.map(async (lane) => {
        for (const batch of batchesOf(lane, batchEntries)) await this.#flush(batch);
      }),
    );
    const failed = flushed.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #followLeases(): Promise<void> {
    if (performance.now() >= this.#renewAt) {
      await this.leases.renew();
      this.#renewAt = performance.now() + this.#settings.leaseTtlMs / 3;
    }
    const { sql, journal } = this.#input;
    // A master that is away must not keep the others' journals waiting.
    const held = [...this.leases.held()].filter((partition) => journal.reachable(partition));
    const added = await this.#positions.follow(sql, new Set(held));
    if (added.length === 0) return;
    await this.#noticeRewind(added);
    // A Redis that was rebuilt does not know how far Postgres is; it trims nothing until told.
    await this.#tellRedis(added);
  }

  /**
   * Tells Redis what is committed. A Redis that cannot write its file refuses to be told, and is told
   * again later: until then it trims nothing, and what it has goes into the ledger all the same.
   */
  async #tellRedis(committed: readonly Committed[] = []): Promise<void> {
    for (const { partition, streamId } of committed) this.#untold.set(partition, streamId);
    const held = [...this.#untold].filter(([partition]) => this.#positions.has(partition));
    const telling = held.map(([partition, streamId]) => ({ partition, streamId }));
    this.#untold.clear();
    if (telling.length === 0) return;
    try {
      await this.#input.journal.setCommitted(telling);
    } catch (error) {
      if (!(error instanceof OutageError && error.code === 'engine_full')) throw error;
      for (const { partition, streamId } of telling) this.#untold.set(partition, streamId);
    }
  }

  /** Redis is told of a commit after it, so it can be ahead of Postgres only if Postgres went back. */
  async #noticeRewind(added: readonly Committed[]): Promise<void> {
    for (const { partition, streamId } of added) {
      const was = await this.#input.journal.committed(partition);
      if (compareStreamIds(was, streamId) > 0) {
        this.#events.rewound?.({ partition, was, is: streamId });
      }
    }
  }

  /** Reads, but not so soon after the last transaction began that each entry would have one of its own. */
  async #gather(): Promise<Unread[]> {
    const leftMs = this.#beganAt + this.#settings.gatherMs - performance.now();
    if (leftMs >= 1 && !this.#stopping) await this.#sleep.sleep(leftMs);
    return this.#read();
  }

  async #read(): Promise<Unread[]> {
    const { readEntries, blockMs } = this.#settings;
    const positions = this.#positions.next();
    this.#lastRead = this.#stopping;
    if (positions.length === 0) {
      if (!this.#stopping) await this.#sleep.sleep(blockMs);
      return [];
    }
    const wait = this.#stopping ? 0 : blockMs;
    const found = await this.#input.journal.read(positions, readEntries, wait);
    return found.map(({ partition, items }) => {
      const last = items.at(-1);
      if (last !== undefined) this.#positions.advanceRead(partition, last.id);
      return {
        partition,
        after: positions.find((position) => position.partition === partition)?.after ?? '',
        entries: items,
      };
    });
  }

  #readAhead(): void {
    this.#ahead = this.#read();
    // Whoever awaits it hears of a failure; until then it must not count as unhandled.
    this.#ahead.catch(() => undefined);
  }

  async #flush(runs: readonly Unread[]): Promise<void> {
    const held = this.leases.held();
    const own = runs.filter((run) => held.has(run.partition) && this.#positions.follows(run));
    for (const run of runs) if (!own.includes(run)) this.#positions.forget(run.partition);
    const started = performance.now();
    for (const flushed of await flush(this.#input, own.map(readRun), this.#positions)) {
      tell(this.#events, flushed, performance.now() - started);
      await this.#tellRedis(flushed.committed);
    }
  }

  async #startAgain(error: unknown): Promise<void> {
    await this.#ahead?.catch(() => undefined);
    this.#ahead = undefined;
    this.#positions.clear();
    this.#tell(error);
    this.#failures += 1;
    const { retryMinMs, retryMaxMs } = this.#settings;
    const doubled = retryMinMs * 2 ** Math.min(this.#failures - 1, 16);
    await this.#sleep.sleep(Math.min(doubled, retryMaxMs));
  }

  #tell(error: unknown): void {
    if (this.#inTrouble) return;
    if (error instanceof StaleBatch && this.#failures === 0) {
      this.#events.stale?.(error.what);
      return;
    }
    this.#inTrouble = true;
    this.#events.trouble?.(error);
  }
}
