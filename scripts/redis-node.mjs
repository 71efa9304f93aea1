// One Redis among several of our own: it can be killed and started again, and asked on a connection of its
// own, whatever became of the others.

import { Redis } from 'ioredis';
import { waitUntil } from './processes.mjs';
import { startRedis } from './redis-server.mjs';
import { hasEnded } from './server-process.mjs';

/**
 * @typedef {object} RedisNode
 * @property {number} port
 * @property {string} address `127.0.0.1:port`
 * @property {string} url
 * @property {() => import('node:child_process').ChildProcess} child
 * @property {<T>(work: (redis: Redis) => Promise<T>) => Promise<T>} ask on a connection of its own
 * @property {() => Promise<void>} kill9
 * @property {() => Promise<void>} start again, on what its directory holds
 * @property {() => Promise<void>} stop
 */

const READY_MS_MAX = 60_000;
const ENDED_MS_MAX = 60_000;

/**
 * @param {{ dir: string, port?: number, settings?: string[] }} options
 * @returns {Promise<RedisNode>}
 */
export async function startNode({ dir, settings = [] }) {
  const start = (/** @type {number | undefined} */ port) =>
    startRedis({ dir, port, maxmemory: '256mb', settings });
  let server = await start(undefined);
  const { port, url } = server;
  return {
    port,
    url,
    address: `127.0.0.1:${port}`,
    child: () => server.child,
    async ask(work) {
      const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
      redis.on('error', () => {});
      try {
        return await work(redis);
      } finally {
        redis.disconnect();
      }
    },
    async kill9() {
      server.child.kill('SIGKILL');
      if (!(await waitUntil(() => hasEnded(server.child), ENDED_MS_MAX, 2))) {
        throw new Error('redis survived kill -9');
      }
    },
    async start() {
      server = await start(port);
      if (server.port !== port) throw new Error(`port ${port} was taken during the restart`);
    },
    stop: () => server.stop(),
  };
}

/**
 * @param {() => Promise<boolean>} condition
 * @param {string} otherwise
 */
export async function mustBecome(condition, otherwise) {
  if (!(await waitUntil(condition, READY_MS_MAX, 50))) throw new Error(otherwise);
}
