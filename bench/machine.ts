/** What the numbers were taken on, printed beside them: as the servers themselves say. */
import os from 'node:os';
import path from 'node:path';
import { createConnection, infoFields } from '../engine/index.ts';
import { connect } from '../persistence/index.ts';
import { startRedis } from '../scripts/redis-server.mjs';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  readonly redisSettings: Readonly<Record<string, string>>;
  readonly postgres: string;
  readonly postgresSettings: Readonly<Record<string, string>>;
  /** Average of the last minute before the run: what is not near 0 is somebody else's work. */
  readonly loadBefore: number;
}

const REDIS_SETTINGS = ['appendonly', 'appendfsync', 'maxmemory-policy', 'io-threads'] as const;
const POSTGRES_SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'wal_level',
  'max_connections',
] as const;

/** @param dir an empty directory, for a Redis that is asked and ended */
export async function readMachine(postgresUrl: string, dir: string): Promise<Machine> {
  const [loadBefore = 0] = os.loadavg();
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 1024 ** 3),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    loadBefore: Math.round(loadBefore * 10) / 10,
    ...(await redisFacts(dir)),
    ...(await postgresFacts(postgresUrl)),
  };
}

async function redisFacts(dir: string): Promise<Pick<Machine, 'redis' | 'redisSettings'>> {
  const server = await startRedis({ dir: path.join(dir, 'asked') });
  const redis = createConnection(server.url);
  try {
    await redis.connect();
    const version = infoFields(await redis.info('server')).get('redis_version') ?? '';
    const settings: Record<string, string> = {};
    for (const name of REDIS_SETTINGS) {
      const [, value] = (await redis.call('CONFIG', 'GET', name)) as string[];
      settings[name] = value ?? '';
    }
    return { redis: version, redisSettings: settings };
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

async function postgresFacts(url: string): Promise<Pick<Machine, 'postgres' | 'postgresSettings'>> {
  const sql = connect(url, { max: 1, applicationName: 'bench' });
  try {
    const rows = await sql<{ name: string; value: string }[]>`
      SELECT name, current_setting(name) AS value FROM pg_settings
      WHERE name = ANY(${[...POSTGRES_SETTINGS, 'server_version']}) ORDER BY name`;
    const { server_version: version = '', ...settings } = Object.fromEntries(
      rows.map(({ name, value }) => [name, value]),
    );
    return { postgres: version, postgresSettings: settings };
  } finally {
    await sql.end({ timeout: 1 });
  }
}
