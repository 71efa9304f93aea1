// A planned change of a master in a cluster of our own: https://redis.io/docs/latest/commands/cluster-failover/

import { mustBecome } from './redis-node.mjs';

/** @typedef {import('./redis-node.mjs').RedisNode} RedisNode */
/** @typedef {import('./redis-cluster.mjs').RunningCluster} RunningCluster */

/** Redis gives a hand-over up after five seconds, and does not begin it again by itself. */
const GIVEN_UP_MS = 6_000;

/**
 * The replica of a master, once it is in sync: a cluster promotes no other.
 * @param {Pick<RunningCluster, 'nodes'>} cluster
 * @param {RedisNode} master
 * @returns {Promise<RedisNode>}
 */
export async function replicaInSync({ nodes }, master) {
  /** @type {RedisNode | undefined} */
  let found;
  await mustBecome(async () => {
    for (const node of nodes) {
      if (await isReplicaOf(node, master)) found = node;
    }
    return found !== undefined;
  }, `no replica of ${master.address} is in sync`);
  return /** @type {RedisNode} */ (/** @type {unknown} */ (found));
}

/**
 * @param {RedisNode} node
 * @param {RedisNode} master
 */
async function isReplicaOf(node, master) {
  const [role, , port, link] = await node.ask((redis) => redis.role()).catch(() => []);
  return role === 'slave' && Number(port) === master.port && link === 'connected';
}

/**
 * Makes the replica of a slot's master the master. The old one stops taking writes and waits until the
 * replica has all of them, so that nothing is lost.
 * @param {RunningCluster} cluster
 * @param {number} slot
 * @returns {Promise<void>}
 */
export async function handOver(cluster, slot) {
  const replica = await replicaInSync(cluster, await cluster.masterOf(slot));
  let againAtMs = 0;
  await mustBecome(async () => {
    if ((await cluster.masterOf(slot)) === replica) return true;
    if (performance.now() < againAtMs) return false;
    againAtMs = performance.now() + GIVEN_UP_MS;
    await replica.ask((redis) => redis.call('CLUSTER', 'FAILOVER')).catch(() => undefined);
    return false;
  }, `${replica.address} does not take over`);
}
