// A small world for engine tests: one real Redis, a ledger in memory, a virtual clock.

import type { Redis } from 'ioredis';
import { type TestRedis, testRedis } from '../../testing/services.ts';
import type { AuthorizeInput } from '../authorize.ts';
import { createEngine, type Engine, type EngineOptions } from '../engine.ts';
import {
  type JournalEntry,
  packPartitionState,
  unpackJournalEntry,
  unpackPartitionState,
} from '../generated/layouts.ts';
import { callHoldId, newId } from '../ids.ts';
import { keys } from '../keys.ts';
import type { Memo } from '../memo.ts';
import type { Price } from '../price.ts';
import type { RequestKey } from '../request-key.ts';
import { MemoryLedger } from './memory-ledger.ts';

export const PARTITION = 0;
/** 60,000 micros a minute at 1/1: a second costs 1,000 micros. */
export const PER_SECOND: Price = {
  rateMicrosPerMinute: 60_000,
  initialMs: 1_000,
  subsequentMs: 1_000,
  connectionFeeMicros: 0,
  minimumMicros: 0,
};
export const POLICY = {
  minimumMs: 60_000,
  quantumMs: 75_000,
  warnMs: 30_000,
  leadMs: 3_000,
  ringMs: 120_000,
  heartbeatMs: 300_000,
  endMessageMs: 0,
};

export class World {
  readonly organizationId = newId('org');
  readonly ledger = new MemoryLedger();
  readonly redis: TestRedis;
  readonly engine: Engine;
  readonly #raw: Redis;
  #requests = 0;

  private constructor(redis: TestRedis, engine: Engine, raw: Redis, ledger: MemoryLedger) {
    this.redis = redis;
    this.engine = engine;
    this.#raw = raw;
    this.ledger = ledger;
  }

  static async open(options: Partial<EngineOptions> = {}): Promise<World> {
    const redis = await testRedis();
    const ledger = new MemoryLedger();
    const engine = await createEngine({
      redisUrl: redis.url,
      partitions: 1,
      ledger,
      recovery: ledger,
      ...options,
    });
    const raw = await redis.connect(PARTITION);
    await engine.opened();
    return new World(redis, engine, raw, ledger);
  }

  async close(): Promise<void> {
    await this.engine.stop();
    this.#raw.disconnect();
    await this.redis.stop();
  }

  get raw() {
    return this.#raw;
  }

  /** A wallet with this much money, deposited through the engine. */
  async wallet(postedMicros = 0): Promise<string> {
    const id = newId('wal');
    this.ledger.addWallet(PARTITION, id);
    if (postedMicros !== 0) await this.deposit(id, postedMicros);
    return id;
  }

  async deposit(walletId: string, amountMicros: number) {
    return this.engine.credit({
      ...this.money(),
      walletId,
      kind: amountMicros < 0 ? 'adjustment' : 'deposit',
      amountMicros,
    });
  }

  request(key = `${++this.#requests}`, fingerprint = 'f'): RequestKey {
    return {
      kind: 'request',
      scope: this.organizationId,
      key: `POST /v1/test ${key}`,
      fingerprint,
    };
  }

  money(request = this.request()) {
    return { partition: PARTITION, request, organizationId: this.organizationId };
  }

  call(
    callId: string,
    walletIds: readonly string[],
    more: Partial<AuthorizeInput> & { price?: Price; memo?: Memo } = {},
  ): AuthorizeInput {
    const { price = PER_SECOND, ...rest } = more;
    return {
      partition: PARTITION,
      request: { kind: 'call', scope: this.organizationId, key: callId, fingerprint: 'f' },
      holdId: callHoldId(this.organizationId, callId),
      organizationId: this.organizationId,
      kind: 'call',
      callId,
      hasProvider: false,
      ttlMs: 0,
      maxDurationMs: 3_600_000,
      capFloorMs: 0,
      policy: POLICY,
      unbilled: false,
      legs: walletIds.map((walletId, i) => ({
        walletId,
        role: i === 0 ? 'client' : 'agency',
        amountMicros: 0,
        price,
      })),
      ...rest,
    };
  }

  ref(callId: string) {
    return { partition: PARTITION, holdId: callHoldId(this.organizationId, callId) };
  }

  async state(walletId: string) {
    const wallet = (await this.engine.wallets(PARTITION, [walletId])).get(walletId);
    if (!wallet) throw new Error(`no wallet ${walletId}`);
    return wallet;
  }

  /** Sets the virtual clock. The fence of tests only: nothing else writes testNowMs. */
  async setClock(nowMs: number): Promise<void> {
    const key = keys.partition(PARTITION);
    const packed = await this.#raw.getBuffer(key);
    const state = unpackPartitionState(packed ?? undefined);
    await this.#raw.set(key, packPartitionState({ ...state, testNowMs: nowMs, nowMs }));
  }

  async journal(): Promise<JournalEntry[]> {
    const items = await this.engine.journal.range(PARTITION, '-', '+', 10_000);
    return items.map((item) => unpackJournalEntry(item.payload));
  }

  /** Commits the journal into the ledger, as the flusher does. */
  async flush(): Promise<void> {
    const after = this.ledger.cursor(PARTITION);
    const items = await this.engine.journal.range(PARTITION, `(${after}`, '+', 100_000);
    for (const item of items) this.ledger.commit(PARTITION, item.id, item.payload);
    const streamId = this.ledger.cursor(PARTITION);
    await this.engine.journal.setCommitted([{ partition: PARTITION, streamId }]);
  }
}
