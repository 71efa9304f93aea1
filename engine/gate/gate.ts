// The recovery gate: the ONLY way scripts get into Redis. NOSCRIPT is the sign that Redis was restarted
// or failed over, and then nobody goes on before Redis has been compared with the ledger.
//
//            lost()                       all partitions open
//   open ------------> recovering ----------------------------> open
//                        |    ^ failed: again after a pause
//                        +----+

import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { createConnection } from '../connection.ts';
import { shutScript } from '../generated/index.ts';
import { unpackPartitionState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import type { LedgerSource } from '../ledger-source.ts';
import type { RecoverySource } from '../recovery-source.ts';
import { createMaster, type Master } from './master.ts';
import { type PartitionRecovery, recoverPartition } from './recover-partition.ts';

export interface GateOptions {
  readonly redisUrl: string;
  readonly partitions: number;
  readonly hotRecordsMs: number;
  readonly ledger: LedgerSource;
  readonly recovery: RecoverySource;
  readonly onEvent: (event: GateEvent) => void;
}

export type GateEvent =
  | { readonly kind: 'closed'; readonly why: string }
  | { readonly kind: 'partition'; readonly result: PartitionRecovery; readonly ms: number }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'opened'; readonly partitions: number; readonly ms: number };

export interface Gate {
  state(): 'open' | 'recovering';
  /** Says that scripts or a fence are missing; a recovery begins if none is under way. */
  lost(why: string): void;
  /**
   * Operations may be sent: since this connection was made it is known that the scripts there are, if
   * any, stand for this master and this ledger. A master that was demoted and promoted again keeps
   * its scripts, so their presence alone proves nothing.
   */
  shielded(): boolean;
  /** The connection of operations is gone; the next one has to be looked at first. */
  disconnected(): void;
  /** Resolves when the gate is open. */
  opened(): Promise<void>;
  /** Closes the gate for everybody, as after a fork, and recovers. */
  close(why: string): Promise<void>;
  stop(): Promise<void>;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

export function createGate(options: GateOptions): Gate {
  let current: Promise<void> | undefined;
  let stopped = false;
  /** Counts the connections of operations; what was learnt on an earlier one does not count. */
  let connection = 0;
  let shielded = false;

  async function untilOpen(): Promise<void> {
    for (let wait = RETRY_MS_MIN; !stopped; wait = Math.min(RETRY_MS_MAX, wait * 2)) {
      const on = connection;
      try {
        await recoverOnce(options, () => {
          if (on === connection) shielded = true;
        });
        if (shielded) return;
      } catch (error) {
        options.onEvent({ kind: 'failed', error });
        await pause(wait);
      }
    }
  }

  function lost(why: string): void {
    if (current || stopped) return;
    options.onEvent({ kind: 'closed', why });
    current = untilOpen().finally(() => {
      current = undefined;
    });
  }

  return {
    state: () => (current ? 'recovering' : 'open'),
    shielded: () => shielded,
    disconnected() {
      connection++;
      shielded = false;
    },
    lost,
    async opened() {
      await current;
    },
    async close(why) {
      await onOwnConnection(options.redisUrl, async (redis) => {
        await createMaster(redis).flushScripts();
      });
      lost(why);
    },
    async stop() {
      stopped = true;
      await current;
    },
  };
}

/** Recovers what needs it, under the one lock. Nothing needs it when another process has done it. */
async function recoverOnce(options: GateOptions, shield: () => void): Promise<void> {
  const from = Date.now();
  const recovered = await onOwnConnection(options.redisUrl, async (redis) => {
    const master = createMaster(redis);
    // A mere reconnect needs neither the lock nor Postgres.
    if (await inOrder(master, redis, options.partitions)) {
      shield();
      return 0;
    }
    return options.recovery.exclusively(() => recoverAll(options, master, redis, shield));
  });
  options.onEvent({ kind: 'opened', partitions: recovered, ms: Date.now() - from });
}

async function inOrder(master: Master, redis: Redis, partitions: number): Promise<boolean> {
  if (!(await master.standing()) || !(await master.complete())) return false;
  return (await shutPartitions(redis, partitions)).size === 0;
}

async function recoverAll(
  options: GateOptions,
  master: Master,
  redis: Redis,
  shield: () => void,
): Promise<number> {
  const standing = await master.standing();
  const shut = standing ? await shutPartitions(redis, options.partitions) : undefined;
  await prepare(master, standing, options.partitions);
  // From here on every fence that is open is right, and those that are shut refuse by themselves.
  shield();
  const order = await options.recovery.partitionsInOrder(options.partitions);
  let recovered = 0;
  for (const partition of order) {
    if (shut && !shut.has(partition)) continue;
    const start = Date.now();
    const result = await recoverPartition({ ...options, redis, master }, partition);
    options.onEvent({ kind: 'partition', result, ms: Date.now() - start });
    recovered++;
  }
  return recovered;
}

/**
 * After a restart: no script is left, every fence is shut, then the scripts are loaded. On a standing
 * master only a newer release's scripts are missing, and they are loaded beside the old ones.
 */
async function prepare(master: Master, standing: boolean, partitions: number): Promise<void> {
  if (!standing) {
    await master.flushScripts();
    await shutAll(master, partitions);
  }
  await master.loadScripts();
}

/** Shuts every fence, keeping clock and epoch; recovery opens them one by one. */
async function shutAll(master: Master, partitions: number): Promise<void> {
  for (let p = 0; p < partitions; p++) {
    await master.evaluate(shutScript, { partition: keys.partition(p) }, {});
  }
}

async function shutPartitions(redis: Redis, partitions: number): Promise<Set<number>> {
  const all = Array.from({ length: partitions }, (_, p) => p);
  const values = await redis.mgetBuffer(all.map((p) => keys.partition(p)));
  return new Set(
    all.filter((p) => {
      const packed = values[p];
      return !packed || !unpackPartitionState(packed).open;
    }),
  );
}

/** One connection that never reconnects: if Redis goes away again, the recovery starts over. */
async function onOwnConnection<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = createConnection(url, 'recovery');
  await redis.connect();
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
