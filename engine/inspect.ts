// Looks into Redis from outside the gate, for commands that check a system they do not run.
// It only reads: it loads nothing, opens nothing, and works while the gate is closed.

import type { Redis } from 'ioredis';
import { createConnection } from './connection.ts';
import { createMaster } from './gate/master.ts';
import { unpackPartitionState, unpackWalletState, type WalletState } from './generated/layouts.ts';
import { createJournal, type Journal } from './journal.ts';
import { keys } from './keys.ts';
import { createRunner } from './runner.ts';

/** Why operations would answer `recovering` now. Open: standing, complete, and no shut partition. */
export interface GateView {
  /** The scripts were loaded by a recovery of this very master. */
  readonly standing: boolean;
  /** Every script of this release is loaded. */
  readonly complete: boolean;
  readonly shutPartitions: readonly number[];
}

export interface JournalView {
  readonly partition: number;
  /** Entries in the stream, committed ones that are still kept included. */
  readonly length: number;
  /** Stream id up to which Redis was told that Postgres has committed; '0-0' if never. */
  readonly committed: string;
  /** Age in ms of the oldest entry after the given cursor; undefined when there is none. */
  readonly oldestAgeMs: number | undefined;
  /** How far the partition's own clock is ahead of Redis', in ms; 0 when it is not. */
  readonly clockAheadMs: number;
}

export interface Inspector {
  /** INFO, all sections. */
  info(): Promise<string>;
  /** One setting from CONFIG GET; undefined where the service refuses CONFIG. */
  setting(name: string): Promise<string | undefined>;
  /** Epoch ms. */
  time(): Promise<number>;
  gate(partitions: number): Promise<GateView>;
  /** @param cursors by partition, how far Postgres has committed. */
  journals(cursors: readonly string[]): Promise<JournalView[]>;
  /** Wallets that Redis holds; the others are left out. */
  peekWallets(partition: number, ids: readonly string[]): Promise<Map<string, WalletState>>;
  readonly journal: Pick<Journal, 'range'>;
  stop(): void;
}

/** Connects, once: it does not wait for a Redis that is away. */
export async function createInspector(redisUrl: string): Promise<Inspector> {
  const redis = createConnection(redisUrl, 'recovery');
  await redis.connect();
  const runner = createRunner(redis, () => undefined);
  return {
    info: () => redis.info(),
    async setting(name) {
      try {
        const answer = (await redis.call('CONFIG', 'GET', name)) as readonly string[];
        return answer[1];
      } catch {
        return undefined;
      }
    },
    time: () => timeOf(redis),
    gate: (partitions) => gateOf(redis, partitions),
    journals: (cursors) => journalsOf(redis, cursors),
    async peekWallets(partition, ids) {
      const found = new Map<string, WalletState>();
      if (ids.length === 0) return found;
      const values = await redis.mgetBuffer(ids.map((id) => keys.wallet(partition, id)));
      ids.forEach((id, i) => {
        const packed = values[i];
        if (packed) found.set(id, unpackWalletState(packed));
      });
      return found;
    },
    journal: { range: createJournal(redis, redis, runner).range },
    stop: () => redis.disconnect(),
  };
}

async function timeOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

async function gateOf(redis: Redis, partitions: number): Promise<GateView> {
  const master = createMaster(redis);
  const all = Array.from({ length: partitions }, (_, p) => p);
  const values = await redis.mgetBuffer(all.map((p) => keys.partition(p)));
  return {
    standing: await master.standing(),
    complete: await master.complete(),
    shutPartitions: all.filter((p) => {
      const packed = values[p];
      return !packed || !unpackPartitionState(packed).open;
    }),
  };
}

async function journalsOf(redis: Redis, cursors: readonly string[]): Promise<JournalView[]> {
  const nowMs = await timeOf(redis);
  return Promise.all(
    cursors.map(async (cursor, partition) => {
      const journal = keys.journal(partition);
      const [length, committed, packed, next] = await Promise.all([
        redis.xlen(journal),
        redis.get(keys.committed(partition)),
        redis.getBuffer(keys.partition(partition)),
        redis.xrange(journal, `(${cursor}`, '+', 'COUNT', 1),
      ]);
      const oldest = next[0]?.[0];
      const clockMs = packed ? unpackPartitionState(packed).nowMs : 0;
      return {
        partition,
        length,
        committed: committed ?? '0-0',
        oldestAgeMs: oldest ? Math.max(0, nowMs - Number(oldest.split('-')[0])) : undefined,
        clockAheadMs: Math.max(0, clockMs - nowMs),
      };
    }),
  );
}
