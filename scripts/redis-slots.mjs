// Moves slots of a Redis Cluster from one master to another while they are in use, as `redis-cli --cluster
// reshard` does it: https://redis.io/docs/latest/commands/cluster-setslot/ ("Redis Cluster live resharding").

import { Redis } from 'ioredis';

/** @typedef {import('./redis-node.mjs').RedisNode} RedisNode */

/**
 * @typedef {object} SlotMove
 * @property {number} slot
 * @property {number} keys how many were moved
 * @property {number} ms from the first mark until every master knows the new owner
 */

/**
 * @typedef {object} SlotMover
 * @property {(slot: number) => Promise<SlotMove>} move
 * @property {(slot: number) => Promise<void>} begin marks it as moving: the source passes on what it misses
 * @property {(keys: readonly string[]) => Promise<void>} moveKeys
 * @property {(slot: number) => Promise<number>} finish moves what is left; answers how many keys that was
 * @property {() => void} stop closes its connections
 */

const HOST = '127.0.0.1';
const KEYS_AT_ONCE = 100;
const ROUNDS_MAX = 100_000;
const MIGRATE_TIMEOUT_MS = 5_000;

/**
 * @param {RedisNode} from
 * @param {RedisNode} to
 * @param {RedisNode[]} others masters that are told who owns what
 * @returns {Promise<SlotMover>}
 */
export async function slotMover(from, to, others) {
  const source = connected(from);
  const target = connected(to);
  const rest = others.map(connected);
  const [sourceId, targetId] = await Promise.all([source, target].map(idOf));
  /** @type {(slot: number) => Promise<void>} */
  const begin = async (slot) => {
    await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', `${sourceId}`);
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', `${targetId}`);
  };
  /** @type {(keys: readonly string[]) => Promise<void>} */
  const moveKeys = async (keys) => {
    await source.call('MIGRATE', HOST, to.port, '', 0, MIGRATE_TIMEOUT_MS, 'KEYS', ...keys);
  };
  /** @type {(slot: number) => Promise<number>} */
  const finish = async (slot) => {
    let count = 0;
    for (let round = 0; ; round += 1) {
      if (round === ROUNDS_MAX) throw new Error(`slot ${slot} does not become empty`);
      const left = await source.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE);
      const keys = /** @type {string[]} */ (left);
      if (keys.length === 0) break;
      await moveKeys(keys);
      count += keys.length;
    }
    // The target first: were it to die in between, the slot would belong to nobody.
    for (const redis of [target, source, ...rest]) {
      await redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', `${targetId}`);
    }
    return count;
  };
  return {
    begin,
    moveKeys,
    finish,
    async move(slot) {
      const startMs = performance.now();
      await begin(slot);
      const keys = await finish(slot);
      return { slot, keys, ms: Math.round(performance.now() - startMs) };
    },
    stop() {
      for (const redis of [source, target, ...rest]) redis.disconnect();
    },
  };
}

/** @param {RedisNode} node */
function connected({ url }) {
  const redis = new Redis(url, { maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  return redis;
}

/** @param {Redis} redis */
function idOf(redis) {
  return redis.call('CLUSTER', 'MYID');
}
