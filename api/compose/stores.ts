import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createInspector, redisFaults, type StoreFault } from '../../engine/index.ts';
import {
  connect,
  ensureLedgerPartitions,
  ensurePartitions,
  isPostgresOutage,
  migrate,
  postgresFaults,
  readPostgresSettings,
  type Sql,
} from '../../persistence/index.ts';
import type { Environment } from '../config-schema.ts';

/** How long a store may take to come up, as in a compose file where everything starts at once. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 500;
const CLOSE_SECONDS = 5;

/** Connections of each pool; together they stay far below the usual limit of 100. */
const POOLS = { directory: 10, ledger: 10, flusher: 4 } as const;

/** Postgres as this process uses it: a pool for each kind of work, so that none waits for another. */
export interface Stores {
  directory: Sql;
  ledger: Sql;
  flusher: Sql;
  openLock: () => Sql;
  close(): Promise<void>;
}

/**
 * Waits for Redis and Postgres, refuses unsafe ones, and brings the schema up to date.
 * @throws Error that names the store, what is wrong and the mend
 */
export async function openStores(config: Environment, log: Logger): Promise<Stores> {
  const url = config.DATABASE_URL;
  const open = (max: number, name: string, more: { writer?: boolean; arrays?: boolean } = {}) =>
    connect(url, { max, applicationName: `ringfence-${name}`, ...more });
  const stores = {
    directory: open(POOLS.directory, 'directory'),
    ledger: open(POOLS.ledger, 'ledger'),
    flusher: open(POOLS.flusher, 'flusher', { writer: true }),
  };
  const pools = Object.values(stores);
  const close = async () => {
    await Promise.all(pools.map((pool) => pool.end({ timeout: CLOSE_SECONDS })));
  };
  try {
    await answering('Redis', config.REDIS_URL, log, isRedisAway, () => checkRedis(config, log));
    const ask = () => Promise.all(pools.map((pool) => pool`SELECT 1`));
    await answering('Postgres', url, log, isPostgresOutage, ask);
    const faults = postgresFaults(await readPostgresSettings(stores.directory));
    refuseUnsafe('Postgres', 'POSTGRES', faults, config.RINGFENCE_ALLOW_UNSAFE_POSTGRES, log);
    await migrate(url);
    await ensurePartitions(stores.directory, config.RINGFENCE_PARTITIONS);
    await ensureLedgerPartitions(stores.directory, Date.now());
  } catch (error) {
    await close();
    throw error;
  }
  return { ...stores, openLock: () => open(1, 'recovery', { arrays: false }), close };
}

async function answering(
  name: string,
  url: string,
  log: Logger,
  isAway: (error: unknown) => boolean,
  ask: () => Promise<unknown>,
): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (let told = false; ; told = true) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!isAway(error)) throw error;
      const where = `${name} at ${withoutSecrets(url)} does not answer`;
      if (performance.now() > until) {
        throw new Error(`${where} for ${PATIENCE_MS / 1000} s; is it running?`, { cause: error });
      }
      if (!told) log.warn({ err: error }, `${where}; trying again`);
      await pause(RETRY_MS);
    }
  }
}

/** What of a URL may be shown: host, port and path. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url.split(':')[0] ?? '';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** The store could lose money that was acknowledged. The message names every setting and its mend. */
class UnsafeStoreError extends Error {}

/** @throws UnsafeStoreError, unless the environment allows it; then it is said in the log. */
function refuseUnsafe(
  name: string,
  variable: 'REDIS' | 'POSTGRES',
  faults: readonly StoreFault[],
  allowed: boolean,
  log: Logger,
): void {
  const lines = faults
    .filter((fault) => fault.unsafe)
    .map(({ setting, found, mend }) => `${setting}: ${found}; ${mend}`);
  if (lines.length === 0) return;
  const text = `${name} could lose money:\n  ${lines.join('\n  ')}`;
  if (allowed) log.warn(text);
  else {
    throw new UnsafeStoreError(
      `${text}\nRINGFENCE_ALLOW_UNSAFE_${variable}=1 starts all the same.`,
    );
  }
}

function isRedisAway(error: unknown): boolean {
  return !(error instanceof UnsafeStoreError);
}

/** Every master is judged that answers; in a cluster the others may serve meanwhile. */
async function checkRedis(config: Environment, log: Logger): Promise<void> {
  const redis = await createInspector(config.REDIS_URL);
  try {
    for (const node of redis.nodes) {
      const name = node.name === '' ? 'Redis' : `Redis ${node.name}`;
      const faults = redisFaults(await node.info());
      refuseUnsafe(name, 'REDIS', faults, config.RINGFENCE_ALLOW_UNSAFE_REDIS, log);
    }
  } finally {
    redis.stop();
  }
}
