// A Redis master, its replicas and three Sentinels of our own on loopback, for tests and drills. A node can
// be cut off in parts, by taking commands away from everybody but the clients of Ringfence: replicas are
// then held behind, or the whole master is alone with its clients, as after a partition of the network.

import fs from 'node:fs';
import path from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from './find-redis.mjs';
import { freePort } from './free-port.mjs';
import { mustBecome, startNode } from './redis-node.mjs';
import { servesAs } from './redis-ready.mjs';
import { lastLines, spawnServer, stopServer, waitUntilServing } from './server-process.mjs';

/** @typedef {import('./redis-node.mjs').RedisNode} RedisNode */

/**
 * @typedef {object} RunningSentinels
 * @property {string} url `redis+sentinel://`
 * @property {RedisNode[]} nodes the master of the beginning first
 * @property {() => Promise<RedisNode>} master whom most Sentinels name, once it says so itself
 * @property {(old: RedisNode) => Promise<RedisNode>} successor resolves when another one is the master
 * @property {() => Promise<void>} failover asks for another master; nobody waits for the replicas
 * @property {(node: RedisNode) => Promise<void>} holdReplicas they get nothing from it any more
 * @property {(node: RedisNode) => Promise<void>} isolate the same, and the Sentinels take it for dead
 * @property {(node: RedisNode) => Promise<void>} heal undoes both
 * @property {() => Promise<void>} ready one master, every replica in sync, every Sentinel of one mind
 * @property {() => Promise<void>} stop ends all of it at once; nothing more is saved
 */

const NAME = 'ringfence';
const HOST = '127.0.0.1';
const SENTINELS = 3;
const QUORUM = 2;
const DOWN_AFTER_MS = 1_000;
const FAILOVER_TIMEOUT_MS = 10_000;
const READY_TIMEOUT_MS = 120_000;
/** What replicas need of their master, and what Sentinels need of it besides. */
const OF_REPLICAS = ['psync', 'sync'];
const OF_SENTINELS = ['ping', 'replicaof', 'slaveof'];

/**
 * @param {{ dir: string, replicas?: number, downAfterMs?: number, settings?: string[] }} options
 *   a node that is silent for `downAfterMs` is taken for dead
 * @returns {Promise<RunningSentinels>}
 */
export async function startSentinels({
  dir,
  replicas = 2,
  downAfterMs = DOWN_AFTER_MS,
  settings = [],
}) {
  /** @type {RedisNode[]} */
  const nodes = [];
  /** @type {Watcher[]} */
  const watchers = [];
  // Asked politely, one that has just been synced would not end before it has rewritten its file.
  const stop = async () => {
    await Promise.all([...watchers.map((one) => one.stop()), ...nodes.map((one) => one.kill9())]);
  };
  try {
    for (let n = 0; n <= replicas; n += 1) {
      nodes.push(await startNode({ dir: path.join(dir, `node-${n}`), settings: own(settings) }));
    }
    const [master, ...others] = nodes;
    if (master === undefined) throw new Error('there is no master');
    for (const node of others) await node.ask((redis) => redis.replicaof(HOST, master.port));
    for (let n = 0; n < SENTINELS; n += 1) {
      const lines = watched(master.port, downAfterMs, replicas);
      watchers.push(await startWatcher(path.join(dir, `sentinel-${n}`), lines));
    }
    await ready(nodes, watchers);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+sentinel://${watchers.map(({ port }) => `${HOST}:${port}`).join(',')}/${NAME}`,
    nodes,
    master: () => masterAmong(nodes, watchers),
    successor: (old) => masterAmong(nodes, watchers, old),
    async failover() {
      await watchers[0]?.ask((sentinel) => sentinel.call('SENTINEL', 'FAILOVER', NAME));
    },
    holdReplicas: (node) => refuse(node, OF_REPLICAS),
    isolate: (node) => refuse(node, [...OF_REPLICAS, ...OF_SENTINELS]),
    heal: (node) => allow(node, [...OF_REPLICAS, ...OF_SENTINELS]),
    ready: () => ready(nodes, watchers),
    stop,
  };
}

/** @param {string[]} settings */
function own(settings) {
  return ['--repl-diskless-sync-delay', '0', ...settings];
}

/**
 * @typedef {object} Watcher
 * @property {number} port
 * @property {<T>(work: (sentinel: Redis) => Promise<T>) => Promise<T>} ask
 * @property {() => Promise<void>} stop
 */

/**
 * @param {number} masterPort
 * @param {number} downAfterMs
 * @param {number} replicas
 */
function watched(masterPort, downAfterMs, replicas) {
  return [
    `sentinel monitor ${NAME} ${HOST} ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT_MS}`,
    `sentinel parallel-syncs ${NAME} ${replicas}`,
  ];
}

/**
 * @param {string} dir
 * @param {string[]} watched what it looks after
 * @returns {Promise<Watcher>}
 */
async function startWatcher(dir, watched) {
  const binary = findRedis();
  const port = await freePort();
  const logFile = path.join(dir, 'sentinel.log');
  const file = path.join(dir, 'sentinel.conf');
  fs.mkdirSync(dir, { recursive: true });
  const lines = [`port ${port}`, `bind ${HOST}`, `dir ${dir}`, ...watched];
  // A Sentinel keeps what it learns in its configuration file, and does not start without one.
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawnServer(binary.command, [file, '--sentinel'], {
    logFile,
    deathSignal: 'TERM',
    env: { ...process.env, ...binary.env },
    cwd: dir,
  });
  if (!(await waitUntilServing(child, () => servesAs(port, child.pid), READY_TIMEOUT_MS))) {
    child.kill('SIGKILL');
    throw new Error(`the Sentinel did not start:\n${lastLines(logFile)}`);
  }
  return {
    port,
    async ask(work) {
      const sentinel = new Redis({ host: HOST, port, maxRetriesPerRequest: 0 });
      sentinel.on('error', () => {});
      try {
        return await work(sentinel);
      } finally {
        sentinel.disconnect();
      }
    },
    stop: () => stopServer(child, 'SIGTERM', 'SIGKILL'),
  };
}

/**
 * @param {RedisNode[]} nodes
 * @param {Watcher[]} watchers
 * @param {RedisNode} [not] who was it before
 * @returns {Promise<RedisNode>}
 */
async function masterAmong(nodes, watchers, not) {
  /** @type {RedisNode | undefined} */
  let found;
  await mustBecome(async () => {
    const named = await Promise.all(watchers.map(namedBy));
    found = nodes.find(({ port }) => named.filter((name) => name === port).length >= QUORUM);
    return found !== undefined && found !== not && (await isMaster(found));
  }, 'the Sentinels do not name a master');
  return /** @type {RedisNode} */ (/** @type {unknown} */ (found));
}

/**
 * Undefined of one that does not answer just now.
 * @param {Watcher} watcher
 */
async function namedBy(watcher) {
  return watcher
    .ask((sentinel) => sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME))
    .then(
      (answer) => Number(/** @type {string[]} */ (answer)[1]),
      () => undefined,
    );
}

/** @param {RedisNode} node */
async function isMaster(node) {
  return node
    .ask((redis) => redis.role())
    .then(
      ([role]) => role === 'master',
      () => false,
    );
}

/**
 * @param {RedisNode[]} nodes
 * @param {Watcher[]} watchers
 */
async function ready(nodes, watchers) {
  const settled = async () => {
    const master = await masterAmong(nodes, watchers);
    const info = await master.ask((redis) => redis.info('replication'));
    const online = info.match(/^slave\d+:.*state=online/gm) ?? [];
    if (online.length !== nodes.length - 1) return false;
    const minds = await Promise.all(watchers.map((watcher) => isCalm(watcher, nodes.length - 1)));
    return minds.every((calm) => calm);
  };
  await mustBecome(() => settled().catch(() => false), 'the replicas do not become ready');
}

/**
 * It knows the other Sentinels and every replica, and thinks that nobody is down.
 * @param {Watcher} watcher
 * @param {number} replicas
 */
async function isCalm({ ask }, replicas) {
  return ask(async (sentinel) => {
    const master = fieldsOf(await sentinel.call('SENTINEL', 'MASTER', NAME));
    const known = /** @type {unknown[]} */ (await sentinel.call('SENTINEL', 'REPLICAS', NAME));
    return (
      master.get('flags') === 'master' &&
      Number(master.get('num-other-sentinels')) === SENTINELS - 1 &&
      known.filter((replica) => fieldsOf(replica).get('flags') === 'slave').length === replicas
    );
  });
}

/**
 * A flat list of names and values, or what the client made of it.
 * @param {unknown} answer
 * @returns {Map<string, string>}
 */
function fieldsOf(answer) {
  if (!Array.isArray(answer)) return new Map(Object.entries(Object(answer)));
  const pairs = answer.flatMap((name, i) => (i % 2 === 0 ? [[name, answer[i + 1]]] : []));
  return new Map(/** @type {[string, string][]} */ (pairs));
}

/**
 * Clients of Ringfence, replicas and Sentinels are one and the same user, told apart by what they do.
 * @param {RedisNode} node
 * @param {string[]} commands
 */
async function refuse(node, commands) {
  await node.ask(async (redis) => {
    await redis.call('ACL', 'SETUSER', 'default', ...commands.map((name) => `-${name}`));
    await redis.call('CLIENT', 'KILL', 'TYPE', 'replica');
  });
}

/**
 * @param {RedisNode} node
 * @param {string[]} commands
 */
async function allow(node, commands) {
  await node.ask((redis) =>
    redis.call('ACL', 'SETUSER', 'default', ...commands.map((name) => `+${name}`)),
  );
}
