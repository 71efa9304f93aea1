// A Redis Cluster of our own on loopback, for tests and drills: masters with their replicas, each a process
// with a directory and a bus port of its own, so that any of them can be killed and started again.

import path from 'node:path';
import { freePort } from './free-port.mjs';
import { mustBecome, startNode } from './redis-node.mjs';

/** @typedef {import('./redis-node.mjs').RedisNode} ClusterNode */

/**
 * @typedef {object} RunningCluster
 * @property {string} url
 * @property {ClusterNode[]} nodes the masters of the beginning first
 * @property {(slot: number) => Promise<ClusterNode>} masterOf who serves the slot now
 * @property {(slots: number[]) => Promise<ClusterNode[]>} mastersOf the same for many, by place
 * @property {() => Promise<void>} ready resolves when every slot is served and every replica in sync
 * @property {() => Promise<ClusterNode>} add starts one more node, a master without slots
 * @property {() => Promise<void>} stop ends all nodes at once; nothing more is saved
 */

const SLOTS = 16_384;
export const NODE_TIMEOUT_MS = 1_000;

/** @param {import('ioredis').Redis} redis */
const linkOf = async (redis) => /master_link_status:(\w+)/.exec(await redis.info('replication'));

/**
 * @typedef {object} ClusterOptions
 * @property {string} dir
 * @property {number} [masters]
 * @property {number} [replicas] of each master
 * @property {number} [nodeTimeoutMs] a node that is silent for so long is taken for dead
 * @property {string[]} [settings] further ones of each node
 *
 * @param {ClusterOptions} options
 * @returns {Promise<RunningCluster>}
 */
export async function startCluster({
  dir,
  masters = 3,
  replicas = 1,
  nodeTimeoutMs = NODE_TIMEOUT_MS,
  settings = [],
}) {
  /** @type {ClusterNode[]} */
  const nodes = [];
  /** @type {Map<ClusterNode, number>} */
  const buses = new Map();
  const begin = async () => {
    const bus = await freePort();
    const node = await startNode({
      dir: path.join(dir, `node-${nodes.length}`),
      settings: [...clusterSettings(bus, nodeTimeoutMs), ...settings],
    });
    nodes.push(node);
    buses.set(node, bus);
    return node;
  };
  // Asked politely, one that has just been synced would not end before it has rewritten its file.
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.kill9()));
  };
  const meet = (/** @type {ClusterNode} */ node) =>
    node.ask(async (redis) => {
      for (const other of nodes) {
        if (other === node) continue;
        await redis.call('CLUSTER', 'MEET', '127.0.0.1', other.port, buses.get(other) ?? 0);
      }
      const acquainted = async () => (await nodesKnownTo(redis)) === nodes.length;
      await mustBecome(acquainted, 'the nodes do not meet');
    });
  try {
    for (let n = 0; n < masters * (1 + replicas); n += 1) await begin();
    await shareSlots(nodes.slice(0, masters));
    for (const node of nodes) await meet(node);
    for (const [n, node] of nodes.slice(masters).entries()) {
      const id = await nodes[n % masters]?.ask((redis) => redis.call('CLUSTER', 'MYID'));
      await node.ask((redis) => redis.call('CLUSTER', 'REPLICATE', String(id)));
    }
    await ready(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+cluster://${nodes.map((node) => node.address).join(',')}`,
    nodes,
    async masterOf(slot) {
      const [master] = await mastersOf(nodes, [slot]);
      return /** @type {ClusterNode} */ (master);
    },
    mastersOf: (slots) => mastersOf(nodes, slots),
    ready: () => ready(nodes),
    async add() {
      const node = await begin();
      await meet(node);
      return node;
    },
    stop,
  };
}

/**
 * @param {number} bus
 * @param {number} nodeTimeoutMs
 */
function clusterSettings(bus, nodeTimeoutMs) {
  return [
    ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`],
    ['--cluster-node-timeout', `${nodeTimeoutMs}`, '--cluster-require-full-coverage', 'no'],
    ['--cluster-allow-replica-migration', 'no', '--repl-diskless-sync-delay', '0'],
  ].flat();
}

/** @param {ClusterNode[]} masters */
async function shareSlots(masters) {
  for (const [n, node] of masters.entries()) {
    const from = Math.floor((n * SLOTS) / masters.length);
    const to = Math.floor(((n + 1) * SLOTS) / masters.length) - 1;
    await node.ask(async (redis) => {
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
    });
  }
}

/** @param {import('ioredis').Redis} redis */
async function nodesKnownTo(redis) {
  const lines = String(await redis.call('CLUSTER', 'NODES'))
    .trim()
    .split('\n');
  return lines.filter((line) => !line.includes('handshake')).length;
}

/** @param {ClusterNode[]} nodes */
async function ready(nodes) {
  for (const node of nodes) {
    const settled = () =>
      node.ask(async (redis) => {
        const ok = String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
        const link = await linkOf(redis);
        return ok && (link === null || link[1] === 'up');
      });
    await mustBecome(() => settled().catch(() => false), `node ${node.port} does not become ready`);
  }
}

/**
 * Who serves each of the slots, by place. Waits until somebody does.
 * @param {ClusterNode[]} nodes
 * @param {number[]} slots
 * @returns {Promise<ClusterNode[]>}
 */
async function mastersOf(nodes, slots) {
  /** @type {ClusterNode[]} */
  let found = [];
  await mustBecome(async () => {
    const served = await Promise.all(nodes.map(rangesOf));
    const owners = slots.map((slot) => nodes.find((_, n) => contains(served[n] ?? [], slot)));
    found = owners.filter((node) => node !== undefined);
    return found.length === slots.length;
  }, `nobody serves one of the slots ${slots}`);
  return found;
}

/**
 * The slots that a node says it serves; none of a replica or a dead one.
 * @param {ClusterNode} node
 * @returns {Promise<string[]>} `0-5460` or `93`
 */
async function rangesOf(node) {
  try {
    const text = String(await node.ask((redis) => redis.call('CLUSTER', 'NODES')));
    const own = text.split('\n').find((line) => line.includes('myself,master'));
    const marks = (own ?? '').split(' ').slice(8);
    return marks.filter((range) => !range.startsWith('['));
  } catch {
    return [];
  }
}

/**
 * @param {string[]} ranges
 * @param {number} slot
 */
function contains(ranges, slot) {
  return ranges.some((range) => {
    const [from = -1, to = from] = range.split('-').map(Number);
    return slot >= from && slot <= to;
  });
}
