/** The stores of a run, outside the Ringfence processes, so that everything can die alone. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createConnection } from '../../engine/index.ts';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { waitUntil } from '../../scripts/processes.mjs';
import { type RunningCluster, startCluster } from '../../scripts/redis-cluster.mjs';
import { type RunningSentinels, startSentinels } from '../../scripts/redis-sentinel.mjs';
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
}

export interface PostgresStore extends Store {
  /** Puts its data aside as they are now; it is down for as long. */
  copy(): Promise<void>;
  /** While it is down: its data become those of the last copy. */
  putBack(): Promise<void>;
}

/** What every Ringfence process of a run is told, whatever kind of Redis it is. */
export interface Stores {
  readonly env: Readonly<Record<'REDIS_URL' | 'DATABASE_URL', string>>;
  stop(): Promise<void>;
}

export interface Servers extends Stores {
  readonly redis: RedisStore;
  readonly postgres: PostgresStore;
}

/** Three masters with a replica each. */
export interface ClusterServers extends Stores {
  readonly cluster: RunningCluster;
}

/** A master with two replicas, and three Sentinels. */
export interface SentinelServers extends Stores {
  readonly sentinels: RunningSentinels;
}

interface Running {
  readonly url: string;
  readonly port: number;
  readonly child: import('node:child_process').ChildProcess;
  stop(): Promise<void>;
}

const GONE_MS = 60_000;

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
  const stores = storesOf(redis, postgres);
  return {
    ...stores,
    redis: { ...redis, dirs: [redisDir] },
    postgres: { ...postgres, ...copies(postgres, () => dataDir) },
    async stop() {
      await stores.stop();
      fs.rmSync(`${dataDir}.copy`, { recursive: true, force: true });
    },
  };
}

/** @param dir as of `startServers` */
export async function startClusterServers(dir: string): Promise<ClusterServers> {
  const postgres = await startPostgres({ dir: `${dir}/postgres` });
  const cluster = await startCluster({ dir: `${dir}/redis` });
  return { cluster, ...storesOf(cluster, postgres) };
}

/** @param dir as of `startServers` */
export async function startSentinelServers(dir: string): Promise<SentinelServers> {
  const postgres = await startPostgres({ dir: `${dir}/postgres` });
  const sentinels = await startSentinels({ dir: `${dir}/redis` });
  return { sentinels, ...storesOf(sentinels, postgres) };
}

type Stoppable = Pick<Running, 'url' | 'stop'>;

function storesOf(redis: Stoppable, postgres: Stoppable): Stores {
  return {
    env: { REDIS_URL: redis.url, DATABASE_URL: postgres.url },
    async stop() {
      await Promise.allSettled([redis.stop(), postgres.stop()]);
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

/** With `always` what was acknowledged is in the file by the time this returns. */
export async function setAppendfsync(
  redisUrl: string,
  value: 'always' | 'everysec',
): Promise<void> {
  const redis = createConnection(redisUrl);
  await redis.connect();
  await redis.config('SET', 'appendfsync', value);
  redis.disconnect();
}
