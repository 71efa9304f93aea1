// What the gate asks of one Redis master: was it restarted, load its scripts, run one by EVAL.

import type { Redis } from 'ioredis';
import { OutageError } from '../errors.ts';
import { fenceScript, LOADED_SCRIPTS } from '../generated/index.ts';
import { MASTER_KEY } from '../keys.ts';
import { buffersOf } from '../runner.ts';
import type { Script } from '../script.ts';

export interface Master {
  /** The scripts were loaded by the gate and this is still the same master since. */
  standing(): Promise<boolean>;
  /** Every script of this release is loaded. */
  complete(): Promise<boolean>;
  /** Takes every script away, so that no process can go on. */
  flushScripts(): Promise<void>;
  /** Loads all scripts and records the master, on this one connection. */
  loadScripts(): Promise<void>;
  evaluate<K, A, R>(script: Script<K, A, R>, keys: K, args: A): Promise<R>;
  replicationId(): Promise<string>;
}

export function createMaster(redis: Redis): Master {
  async function replicationId(): Promise<string> {
    const info = await redis.info('replication');
    const id = /^master_replid:(\w+)/m.exec(info)?.[1];
    if (!id) throw new OutageError('recovering');
    return id;
  }
  return {
    replicationId,
    async standing() {
      const exists = await redis.script('EXISTS', fenceScript.sha);
      if ((exists as number[])[0] !== 1) return false;
      return (await redis.get(MASTER_KEY)) === (await replicationId());
    },
    async complete() {
      const found = await redis.script('EXISTS', ...LOADED_SCRIPTS.map((script) => script.sha));
      return (found as number[]).every((loaded) => loaded === 1);
    },
    async flushScripts() {
      await redis.script('FLUSH', 'SYNC');
    },
    async loadScripts() {
      for (const script of LOADED_SCRIPTS) {
        const sha = await redis.script('LOAD', script.source);
        if (sha !== script.sha) throw new Error(`Redis gave ${script.name} another sha`);
      }
      await redis.set(MASTER_KEY, await replicationId());
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
