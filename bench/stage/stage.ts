/** The stage of a round: a fresh Redis, a fresh database, and an engine on them. */
import { createHash, createSecretKey } from 'node:crypto';
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
  readonly freshProcesses: boolean;
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
/** Each working copy has migrations of its own. */
const TEMPLATE = `bench_${createHash('sha256')
  .update(import.meta.dirname)
  .digest('hex')
  .slice(0, 16)}`;
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
  const { freshProcesses } = round.size;
  const stores = { redisUrl, databaseUrl, partitions, freshProcesses };
  const engine = await openEngine(stores, sql);
  const redis = createConnection(redisUrl, 'blocking');
  await redis.connect();
  return {
    ...stores,
    redisPid: server.pid,
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

export type Stores = Pick<Stage, 'redisUrl' | 'databaseUrl' | 'partitions' | 'freshProcesses'>;

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

/** A copy of the server's migrated one: to migrate each anew would take longer than much of a smoke. */
async function freshDatabase(server: string, name: string): Promise<string> {
  const at = (database: string) => {
    const url = new URL(server);
    url.pathname = database;
    return url.href;
  };
  const sql = connect(server, { max: 1, applicationName: 'bench-setup' });
  try {
    const known = await sql`SELECT 1 FROM pg_database WHERE datname = ${TEMPLATE}`;
    if (known.length === 0) {
      await sql`CREATE DATABASE ${sql(TEMPLATE)}`;
      await migrate(at(TEMPLATE));
    }
    await sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(TEMPLATE)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
  return at(name);
}
