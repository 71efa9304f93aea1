/** The stage of a round: a fresh Redis, a fresh database, and an engine on them. */
import { createSecretKey } from 'node:crypto';
import path from 'node:path';
import { createConnection, createEngine, type Engine } from '../../engine/index.ts';
import {
  connect,
  createLedgerSource,
  createRecoverySource,
  ensureLedgerPartitions,
  ensurePartitions,
  migrate,
  type Sql,
} from '../../persistence/index.ts';
import { startRedis } from '../../scripts/redis-server.mjs';
import type { Round } from '../measurement.ts';

export type Connection = ReturnType<typeof createConnection>;

export interface Stage {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly redisPid: number;
  readonly partitions: number;
  readonly engine: Engine;
  readonly sql: Sql;
  /** A connection of the benchmark's own, never the engine's. */
  readonly redis: Connection;
  stop(): Promise<void>;
}

export interface StageOptions {
  readonly partitions?: number;
  /** Further command line settings of Redis. */
  readonly redisSettings?: readonly string[];
  readonly postgresUrl?: string;
}

export const LEDGER_KEY = 'the-key-of-the-hash-chain-in-benchmarks';
export const CHAIN_KEY = createSecretKey(Buffer.from(LEDGER_KEY, 'utf8'));
const REDIS_MEMORY = '2gb';
const CONNECTIONS = 10;

let stages = 0;

export async function openStage(round: Round, options: StageOptions = {}): Promise<Stage> {
  const partitions = options.partitions ?? round.size.partitions;
  const name = `bench_${process.pid}_${stages++}`;
  const server = await startRedis({
    dir: path.join(round.dir, name),
    maxmemory: REDIS_MEMORY,
    settings: [...(options.redisSettings ?? [])],
  });
  const databaseUrl = await freshDatabase(options.postgresUrl ?? round.postgresUrl, name);
  const sql = connect(databaseUrl, { max: CONNECTIONS, applicationName: 'bench' });
  await ensurePartitions(sql, partitions);
  await ensureLedgerPartitions(sql, Date.now());
  const { url: redisUrl } = server;
  const engine = await openEngine({ redisUrl, databaseUrl, partitions }, sql);
  const redis = createConnection(redisUrl, 'blocking');
  await redis.connect();
  return {
    redisUrl,
    databaseUrl,
    redisPid: server.pid,
    partitions,
    engine,
    sql,
    redis,
    async stop() {
      redis.disconnect();
      await engine.stop();
      await sql.end({ timeout: 1 });
      await server.stop();
    },
  };
}

export type Stores = Pick<Stage, 'redisUrl' | 'databaseUrl' | 'partitions'>;

/** Resolves when the engine serves. */
export async function openEngine(stores: Stores, sql: Sql): Promise<Engine> {
  const lock = () => connect(stores.databaseUrl, { max: 1, applicationName: 'bench-lock' });
  const engine = await createEngine({
    redisUrl: stores.redisUrl,
    partitions: stores.partitions,
    ledger: createLedgerSource(sql),
    recovery: createRecoverySource(sql, CHAIN_KEY, lock),
  });
  await engine.opened();
  return engine;
}

async function freshDatabase(server: string, name: string): Promise<string> {
  const sql = connect(server, { max: 1, applicationName: 'bench-setup' });
  try {
    await sql`CREATE DATABASE ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
  const url = new URL(server);
  url.pathname = name;
  await migrate(url.href);
  return url.href;
}
