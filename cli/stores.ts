import { createSecretKey, type KeyObject } from 'node:crypto';
import { readConfig } from '../api/config.ts';
import {
  createInspector,
  createMaintenance,
  type Inspector,
  type Maintenance,
} from '../engine/index.ts';
import { createLedgerFollower } from '../notifications/index.ts';
import { createRechargeFollower } from '../payments/index.ts';
import {
  connect,
  createLedgerSource,
  createRecoverySource,
  type Followers,
  migrationView,
  type Sql,
} from '../persistence/index.ts';

/** The stores as a command sees them: it looks, and changes nothing. */
export interface CommandStores {
  sql: Sql;
  chainKey: KeyObject;
  redis: Inspector;
  partitions: number;
  /** What follows from entries that a command brings into the ledger. */
  followers: Followers;
  /** For the few commands that change something: shuts one partition at a time and works on it. */
  openMaintenance(): Promise<Maintenance>;
  close(): Promise<void>;
}

const CLOSE_SECONDS = 5;

/** The ledger goes on without one that fails, as in a flusher. */
const FOLLOWERS: Followers = {
  each: [createLedgerFollower(), createRechargeFollower()],
  failed(name, error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`ringfence: the ledger went on without ${name}: ${why}\n`);
  },
};

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
  const chainKey = createSecretKey(Buffer.from(config.RINGFENCE_LEDGER_KEY, 'utf8'));
  const openLock = () =>
    connect(config.DATABASE_URL, { max: 1, applicationName: 'ringfence-recovery', arrays: false });
  return {
    sql,
    chainKey,
    redis,
    partitions: config.RINGFENCE_PARTITIONS,
    followers: FOLLOWERS,
    openMaintenance: () =>
      createMaintenance({
        redisUrl: config.REDIS_URL,
        hotRecordsMs: config.RINGFENCE_HOT_RECORDS_MS,
        ledger: createLedgerSource(sql),
        recovery: createRecoverySource(sql, chainKey, openLock, FOLLOWERS),
      }),
    close,
  };
}

/** @throws Error when the database is older or newer than this program */
export async function mustBeMigrated({ sql }: CommandStores): Promise<void> {
  const { pending } = await migrationView(sql);
  if (pending.length === 0) return;
  throw new Error(
    'the database is not of this release; start Ringfence once to bring it up to date',
  );
}
