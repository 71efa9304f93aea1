/** Servers of a run's own: one Postgres with a database per lane, and one Redis per lane. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connect, migrate } from '../../persistence/index.ts';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { startRedis } from '../../scripts/redis-server.mjs';
import type { Addresses } from './stores.ts';

export interface LaneServers {
  readonly lanes: readonly Addresses[];
  stop(): Promise<void>;
}

/** What is lost is up to the seed, never to the disk: neither server writes for it. */
const REDIS = ['--appendonly', 'no', '--enable-debug-command', 'local'];
const POSTGRES = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export async function startLanes(count: number): Promise<LaneServers> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-world-'));
  fs.chmodSync(dir, 0o755); // As root, Postgres runs under another account that must get in.
  const postgres = await startPostgres({ dir: path.join(dir, 'postgres'), settings: POSTGRES });
  const redises = await Promise.all(
    Array.from({ length: count }, (_, lane) =>
      startRedis({ dir: path.join(dir, `redis-${lane}`), maxmemory: '256mb', settings: REDIS }),
    ),
  );
  const lanes: Addresses[] = [];
  for (const [lane, { url: redisUrl }] of redises.entries()) {
    lanes.push({ redisUrl, databaseUrl: await laneDatabase(postgres.url, lane) });
  }
  return {
    lanes,
    async stop() {
      await Promise.allSettled([postgres.stop(), ...redises.map((redis) => redis.stop())]);
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function laneDatabase(serverUrl: string, lane: number): Promise<string> {
  const name = `world_${lane}`;
  const sql = connect(serverUrl, { max: 1, applicationName: 'world' });
  await sql.unsafe(`CREATE DATABASE ${name}`);
  await sql.end();
  const url = new URL(serverUrl);
  url.pathname = name;
  await migrate(url.href);
  return url.href;
}
