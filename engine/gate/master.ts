// What the gate asks of one Redis master: was it restarted, load its scripts, run one by EVAL.

import type { Redis } from 'ioredis';
import { OutageError } from '../errors.ts';
import { fenceScript, LOADED_SCRIPTS } from '../generated/index.ts';
import { unpackPartitionState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import { migratingSlots } from '../nodes/cluster-view.ts';
import { slotOf } from '../nodes/slot.ts';
import { buffersOf } from '../runner.ts';
import { infoFields } from '../safety.ts';
import type { Script } from '../script.ts';

/** What one look at a master and its partitions found. */
export interface Look {
  /** `master_replid`: it changes at each promotion. */
  readonly masterId: string;
  /** Some gate loaded scripts, and they were not lost since. */
  readonly standing: boolean;
  /** Every script of this release is loaded. */
  readonly complete: boolean;
  readonly partitions: readonly number[];
  /** Partitions whose fence is shut or absent. */
  readonly shut: ReadonlySet<number>;
  /** Partitions that were recovered on another master, or never. */
  readonly foreign: ReadonlySet<number>;
  /** Partitions whose slot is being moved to another node. */
  readonly migrating: ReadonlySet<number>;
}

export interface Master {
  look(partitions: readonly number[]): Promise<Look>;
  /** Takes every script away, so that no process can go on. */
  flushScripts(): Promise<void>;
  /** Loads all scripts, on this one connection. */
  loadScripts(): Promise<void>;
  evaluate<K, A, R>(script: Script<K, A, R>, keys: K, args: A): Promise<R>;
}

export function createMaster(redis: Redis): Master {
  return {
    look: (partitions) => lookAt(redis, partitions),
    async flushScripts() {
      await redis.script('FLUSH', 'SYNC');
    },
    async loadScripts() {
      for (const script of LOADED_SCRIPTS) {
        const sha = await redis.script('LOAD', script.source);
        if (sha !== script.sha) throw new Error(`Redis gave ${script.name} another sha`);
      }
    },
    async evaluate(script, keys, args) {
      const names = script.keys(keys);
      const raw = await redis.callBuffer(
        'EVAL',
        script.source,
        names.length,
        ...names,
        ...script.args(args),
      );
      return script.reply(buffersOf(script.name, raw));
    },
  };
}

/** @throws OutageError when it is no master */
async function lookAt(redis: Redis, partitions: readonly number[]): Promise<Look> {
  const fields = infoFields(await redis.info('replication', 'cluster'));
  const masterId = fields.get('master_replid');
  if (!masterId || fields.get('role') !== 'master') throw new OutageError('recovering');
  const hashes = [fenceScript.sha, ...LOADED_SCRIPTS.map((script) => script.sha)];
  const [fence, ...scripts] = (await redis.script('EXISTS', ...hashes)) as number[];
  const moving =
    fields.get('cluster_enabled') === '1'
      ? migratingSlots(String(await redis.call('CLUSTER', 'NODES')))
      : new Set();
  const records = await recordsOf(redis, partitions);
  return {
    masterId,
    standing: fence === 1,
    complete: scripts.every((loaded) => loaded === 1),
    partitions,
    shut: new Set(partitions.filter((p) => !records.get(p)?.open)),
    foreign: new Set(partitions.filter((p) => records.get(p)?.masterId !== masterId)),
    migrating: new Set(partitions.filter((p) => moving.has(slotOf(p)))),
  };
}

interface PartitionRecord {
  readonly open: boolean;
  readonly masterId: string | undefined;
}

/** A key that cannot be read, because its slot has gone or is going elsewhere, counts as absent. */
async function recordsOf(
  redis: Redis,
  partitions: readonly number[],
): Promise<Map<number, PartitionRecord>> {
  const pipeline = redis.pipeline();
  for (const p of partitions) {
    pipeline.getBuffer(keys.partition(p));
    pipeline.get(keys.master(p));
  }
  const replies = (await pipeline.exec()) ?? [];
  return new Map(
    partitions.map((p, i) => {
      const packed = replies[2 * i]?.[1];
      const masterId = replies[2 * i + 1]?.[1];
      return [
        p,
        {
          open: Buffer.isBuffer(packed) && unpackPartitionState(packed).open,
          masterId: typeof masterId === 'string' ? masterId : undefined,
        },
      ];
    }),
  );
}
