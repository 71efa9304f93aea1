/** A Redis and a Postgres that live outside the Ringfence process, so that it can die alone. */

import { startPostgres } from '../../scripts/postgres-server.mjs';
import { waitUntil } from '../../scripts/processes.mjs';
import { startRedis } from '../../scripts/redis-server.mjs';

export interface Servers {
  /** REDIS_URL and DATABASE_URL. */
  readonly env: Readonly<Record<string, string>>;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  kill9Redis(): Promise<void>;
  /** Starts Redis again on the same port and data. */
  restartRedis(): Promise<void>;
  stop(): Promise<void>;
}

const GONE_MS = 10_000;

/** @param dir a directory of the caller's own, which it removes afterwards */
export async function startServers(dir: string): Promise<Servers> {
  const postgres = await startPostgres({ dir: `${dir}/postgres` });
  const start = (port?: number) => startRedis({ dir: `${dir}/redis`, port });
  let redis = await start();
  const { url, port } = redis;
  return {
    env: { REDIS_URL: url, DATABASE_URL: postgres.url },
    redisUrl: url,
    databaseUrl: postgres.url,
    async kill9Redis() {
      const { child } = redis;
      child.kill('SIGKILL');
      const gone = () => child.exitCode !== null || child.signalCode !== null;
      if (!(await waitUntil(gone, GONE_MS, 2))) throw new Error('redis survived kill -9');
    },
    async restartRedis() {
      redis = await start(port);
      if (redis.port !== port) throw new Error(`port ${port} was taken while Redis was down`);
    },
    async stop() {
      await Promise.allSettled([redis.stop(), postgres.stop()]);
    },
  };
}
