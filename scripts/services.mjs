// The Redis and the Postgres that Ringfence starts for itself, on one data directory:
//
//   <data dir>/lock            the process that runs the services
//   <data dir>/services.json   their addresses, for commands in another terminal; ports are kept over runs
//   <data dir>/redis/          append-only file, redis.log
//   <data dir>/postgres/       cluster; beside it postgres.log
//
// A service that dies under us is started again on the same port and data, because "Redis was killed" is an
// event that Ringfence must survive, not one that ends the demonstration.

import fs from 'node:fs';
import path from 'node:path';
import { lockOwner, tryLock } from './lock-file.mjs';
import { startPostgres } from './postgres-server.mjs';
import { startRedis } from './redis-server.mjs';

/**
 * @typedef {{ url: string, port: number, pid: number, stop: () => Promise<void>,
 *   child: import('node:child_process').ChildProcess }} Server
 * @typedef {(port: number | undefined) => Promise<Server>} Starter
 * @typedef {{ url: string, port: number, pid: number }} Address
 * @typedef {{ owner: number, redis?: Address, postgres?: Address }} ServicesFile
 */

const RESTARTS_MAX = 5;
const RESTART_WINDOW_MS = 60_000;

export function dataDirectory() {
  return path.resolve(process.env.RINGFENCE_DATA_DIR || '.ringfence');
}

/**
 * @param {string} dir
 * @returns {ServicesFile | undefined}
 */
export function readServices(dir) {
  try {
    return JSON.parse(fs.readFileSync(path.join(dir, 'services.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} dir */
export function servicesOwner(dir) {
  return lockOwner(path.join(dir, 'lock'))?.pid;
}

/**
 * Starts one service and keeps it running. Gives up, loudly, on one that dies again and again.
 * @param {string} name
 * @param {number | undefined} port
 * @param {Starter} starter
 * @param {(server: Server) => void} onRunning called at each (re)start
 */
async function supervise(name, port, starter, onRunning) {
  let stopping = false;
  /** @type {number[]} */
  let restarts = [];
  /** @type {Promise<void> | undefined} */
  let restarting;
  let server = await starter(port);

  const restart = async () => {
    const now = performance.now();
    restarts = [...restarts.filter((at) => at > now - RESTART_WINDOW_MS), now];
    if (stopping) return;
    if (restarts.length > RESTARTS_MAX) {
      console.error(`ringfence: ${name} died ${restarts.length} times in a minute; see its log`);
      return;
    }
    console.error(`ringfence: ${name} died; starting it again on its data`);
    try {
      const { port: kept } = server;
      server = await starter(kept);
      watch();
      if (server.port !== kept) throw new Error(`${name}: port ${kept} was taken; start again`);
    } catch (error) {
      console.error(`ringfence: ${error instanceof Error ? error.message : error}`);
    }
  };
  const watch = () => {
    onRunning(server);
    server.child.once('exit', () => {
      if (!stopping) restarting = restart();
    });
  };
  watch();
  return {
    url: server.url,
    stop: async () => {
      stopping = true;
      await restarting;
      await server.stop();
    },
  };
}

/** @param {string} dir */
function lockDataDirectory(dir) {
  fs.mkdirSync(dir, { recursive: true });
  const lock = tryLock(path.join(dir, 'lock'));
  if ('release' in lock) return lock.release;
  throw new Error(
    `${dir} is in use by Ringfence, process ${lock.owner?.pid ?? '(ended just now, try again)'}; ` +
      'stop that one, or set RINGFENCE_DATA_DIR (and PORT) to run a second',
  );
}

/**
 * Starts the services asked for, under the lock of the data directory, and answers their addresses.
 * @param {string} dir
 * @param {{ redis: boolean, postgres: boolean }} wanted
 */
export async function startServices(dir, wanted) {
  const release = lockDataDirectory(dir);
  const before = readServices(dir);
  /** @type {ServicesFile} */
  const file = { owner: process.pid };
  const note = (/** @type {'redis' | 'postgres'} */ name) => (/** @type {Server} */ server) => {
    file[name] = { url: server.url, port: server.port, pid: server.pid };
    const fresh = path.join(dir, 'services.json.new');
    fs.writeFileSync(fresh, `${JSON.stringify(file, null, 2)}\n`);
    fs.renameSync(fresh, path.join(dir, 'services.json'));
  };
  const maxmemory = process.env.RINGFENCE_REDIS_MAXMEMORY || '1gb';
  /** @type {Record<'redis' | 'postgres', Starter>} */
  const starters = {
    redis: (port) => startRedis({ dir: path.join(dir, 'redis'), port, maxmemory }),
    postgres: (port) => startPostgres({ dir: path.join(dir, 'postgres'), port }),
  };
  const starting = /** @type {const} */ (['redis', 'postgres'])
    .filter((name) => wanted[name])
    .map((name) => supervise(name, before?.[name]?.port, starters[name], note(name)));
  const results = await Promise.allSettled(starting);
  const running = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const stop = async () => {
    await Promise.all(running.map((service) => service.stop()));
    release();
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return { redisUrl: file.redis?.url, postgresUrl: file.postgres?.url, stop };
}
