import { createSecretKey, type KeyObject } from 'node:crypto';
import { readConfig } from '../api/config.ts';
import { createInspector, type Inspector } from '../engine/index.ts';
import { connect, type Sql } from '../persistence/index.ts';

/** The stores as a command sees them: it looks, and changes nothing. */
export interface CommandStores {
  sql: Sql;
  chainKey: KeyObject;
  redis: Inspector;
  partitions: number;
  close(): Promise<void>;
}

const CLOSE_SECONDS = 5;

/**
 * @param connections most of them to Postgres
 * @throws ConfigError; an Error that names the store that cannot be reached.
 */
export async function openStores(
  env: Readonly<Record<string, string | undefined>>,
  connections = 2,
): Promise<CommandStores> {
  const config = readConfig(env);
  const redis = await createInspector(config.REDIS_URL).catch((cause: unknown) => {
    throw new Error('Redis does not answer at REDIS_URL; is it running?', { cause });
  });
  const sql = connect(config.DATABASE_URL, {
    max: connections,
    applicationName: 'ringfence-command',
  });
  const close = async () => {
    redis.stop();
    await sql.end({ timeout: CLOSE_SECONDS });
  };
  try {
    await sql`SELECT 1`;
  } catch (cause) {
    await close();
    throw new Error('Postgres does not answer at DATABASE_URL; is it running?', { cause });
  }
  return {
    sql,
    chainKey: createSecretKey(Buffer.from(config.RINGFENCE_LEDGER_KEY, 'utf8')),
    redis,
    partitions: config.RINGFENCE_PARTITIONS,
    close,
  };
}
