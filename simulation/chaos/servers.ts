/**
 * The stores of a run, outside the Ringfence processes, so that everything can die alone.
 *
 * A scenario sees one Redis that is killed, restarted and, where it has replicas, made to fail over;
 * whether that is one server, a Sentinel trio or a cluster is known only to whoever started it.
 */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { waitUntil } from '../../scripts/processes.mjs';
import { startRedis } from '../../scripts/redis-server.mjs';

export interface Store {
  /** Stays the same whatever dies. */
  readonly url: string;
  /** Ends it in the middle of whatever it does. Returns when it is gone. */
  kill9(): Promise<void>;
  /** Ends it politely. Harmless when it is down. */
  stop(): Promise<void>;
  /** Starts what is down on the same port and data. */
  restart(): Promise<void>;
}

export interface RedisStore extends Store {
  /** Data directories, for scenarios that damage them while the servers are down. */
  readonly dirs: readonly string[];
  /** A planned change of the master, where there is a replica. */
  failover?(): Promise<void>;
}

export interface PostgresStore extends Store {
  /** Puts its data aside as they are now; it is down for as long. */
  copy(): Promise<void>;
  /** While it is down: its data become those of the last copy. */
  putBack(): Promise<void>;
}

export interface Servers {
  /** REDIS_URL and DATABASE_URL. */
  readonly env: Readonly<Record<string, string>>;
  readonly redis: RedisStore;
  readonly postgres: PostgresStore;
  stop(): Promise<void>;
}

interface Running {
  readonly url: string;
  readonly port: number;
  readonly child: import('node:child_process').ChildProcess;
  stop(): Promise<void>;
}

const GONE_MS = 10_000;

/** @param dir a directory of the caller's own, which it removes afterwards */
export async function startServers(dir: string): Promise<Servers> {
  const redisDir = `${dir}/redis`;
  let dataDir = '';
  const postgres = await storeOf('Postgres', async (port) => {
    const server = await startPostgres({ dir: `${dir}/postgres`, port });
    dataDir = server.dir;
    return server;
  });
  const redis = await storeOf('Redis', (port) => startRedis({ dir: redisDir, port }));
  return {
    env: { REDIS_URL: redis.url, DATABASE_URL: postgres.url },
    redis: { ...redis, dirs: [redisDir] },
    postgres: { ...postgres, ...copies(postgres, () => dataDir) },
    async stop() {
      await Promise.allSettled([redis.stop(), postgres.stop()]);
      fs.rmSync(`${dataDir}.copy`, { recursive: true, force: true });
    },
  };
}

/** Owners and times stay as they are: Postgres insists on them. */
function copies(postgres: Store, dir: () => string): Pick<PostgresStore, 'copy' | 'putBack'> {
  const replace = (from: string, to: string) => {
    fs.rmSync(to, { recursive: true, force: true });
    const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the data of Postgres cannot be copied: ${stderr}`);
  };
  return {
    async copy() {
      await postgres.stop();
      replace(dir(), `${dir()}.copy`);
      await postgres.restart();
    },
    async putBack() {
      replace(`${dir()}.copy`, dir());
    },
  };
}

async function storeOf(name: string, start: (port?: number) => Promise<Running>): Promise<Store> {
  let server = await start();
  const { url, port } = server;
  return {
    url,
    async kill9() {
      const { child } = server;
      child.kill('SIGKILL');
      const gone = () => child.exitCode !== null || child.signalCode !== null;
      if (!(await waitUntil(gone, GONE_MS, 2))) throw new Error(`${name} survived kill -9`);
    },
    stop: () => server.stop(),
    async restart() {
      server = await start(port);
      if (server.port !== port) throw new Error(`port ${port} was taken while ${name} was down`);
    },
  };
}
