// Moves a slot of a Redis Cluster from one master to another while it is in use, as `redis-cli --cluster
// reshard` does it: https://redis.io/docs/latest/commands/cluster-setslot/ ("Redis Cluster live resharding").

/** @typedef {import('./redis-node.mjs').RedisNode} ClusterNode */

/**
 * @typedef {object} SlotMove
 * @property {number} slot
 * @property {number} keys how many were moved
 * @property {number} ms from the first mark until the new owner serves it
 */

const HOST = '127.0.0.1';
const KEYS_AT_ONCE = 100;
const ROUNDS_MAX = 100_000;
const MIGRATE_TIMEOUT_MS = 5_000;

/** @param {ClusterNode} node */
export async function idOf(node) {
  return String(await node.ask((redis) => redis.call('CLUSTER', 'MYID')));
}

/**
 * Marks the slot as moving on both sides; from here on the source sends what it misses to the target.
 * @param {number} slot
 * @param {ClusterNode} from
 * @param {ClusterNode} to
 */
export async function beginMove(slot, from, to) {
  const [source, target] = await Promise.all([idOf(from), idOf(to)]);
  await to.ask((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source));
  await from.ask((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target));
}

/**
 * Moves some of the slot's keys.
 * @param {ClusterNode} from
 * @param {ClusterNode} to
 * @param {string[]} keys
 */
export async function moveKeys(from, to, keys) {
  await from.ask((redis) =>
    redis.call('MIGRATE', HOST, to.port, '', 0, MIGRATE_TIMEOUT_MS, 'KEYS', ...keys),
  );
}

/**
 * Moves what is left of the slot and makes the target its owner.
 * @param {number} slot
 * @param {ClusterNode} from
 * @param {ClusterNode} to
 * @param {ClusterNode[]} others masters that are told as well
 * @returns {Promise<number>} how many keys there were
 */
export async function finishMove(slot, from, to, others) {
  let count = 0;
  for (let round = 0; ; round += 1) {
    if (round === ROUNDS_MAX) throw new Error(`slot ${slot} does not become empty`);
    const keys = await from.ask((redis) =>
      redis.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE),
    );
    const names = /** @type {string[]} */ (keys);
    if (names.length === 0) break;
    await moveKeys(from, to, names);
    count += names.length;
  }
  const id = await idOf(to);
  // The target first: were it to die in between, the slot would belong to nobody.
  for (const node of [to, from, ...others]) {
    await node.ask((redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', id));
  }
  return count;
}

/**
 * @param {number} slot
 * @param {ClusterNode} from
 * @param {ClusterNode} to
 * @param {ClusterNode[]} others
 * @returns {Promise<SlotMove>}
 */
export async function moveSlot(slot, from, to, others) {
  const startMs = performance.now();
  await beginMove(slot, from, to);
  const keys = await finishMove(slot, from, to, others);
  return { slot, keys, ms: Math.round(performance.now() - startMs) };
}
