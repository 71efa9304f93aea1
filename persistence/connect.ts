/**
 * Connections to Postgres: one place for timeouts, pool sizes and number types.
 *
 * The ledger side and the directory side take separate pools: Drizzle switches off date parsing on
 * the client it is given, and a flusher must never wait for a connection that a list holds.
 */
import postgres from 'postgres';
import { isOneServer, socketTo } from './first-word.ts';

export type Sql = postgres.Sql<{ bigint: number }>;
export type Transaction = postgres.TransactionSql<{ bigint: number }>;

export interface ConnectOptions {
  /** Most connections of this pool. */
  max: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /**
   * A writer of the ledger gives up after 5 s of waiting for a lock or of idling in a transaction. Its
   * statements are planned once, for any values.
   */
  writer?: boolean;
  /** false: no array goes in or comes out, and their types are not asked for. */
  arrays?: boolean;
}

const CONNECT_SECONDS = 5;
const IDLE_SECONDS = 60;
/** The driver's own grows to 20 s: so long would calls wait for a Postgres that is back. */
const RECONNECT_SECONDS_MAX = 1;
const WRITER_TIMEOUT_MS = 5_000;
/**
 * A batch's statements look up what a few arrays name. Left to itself Postgres plans them anew for each
 * batch, for as long as they run, or once while the tables are small and then goes through all of them
 * when they are not. So: one plan for a connection, by index.
 */
const WRITER_PLANS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
} as const;

/** A bigint column read as a number; what 2^53 cannot hold is a fault, never a rounded amount. */
function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`bigint ${text} is beyond 2^53-1`);
  return value;
}

/** Opens a pool. Connects on first use; close it with `sql.end({ timeout })`. */
export function connect(databaseUrl: string, options: ConnectOptions): Sql {
  const writing = options.writer
    ? {
        lock_timeout: WRITER_TIMEOUT_MS,
        idle_in_transaction_session_timeout: WRITER_TIMEOUT_MS,
        ...WRITER_PLANS,
      }
    : {};
  const sql = postgres(databaseUrl, {
    max: options.max,
    connect_timeout: CONNECT_SECONDS,
    backoff: reconnectAfterSeconds,
    idle_timeout: IDLE_SECONDS,
    connection: { application_name: options.applicationName, ...writing },
    types: { bigint: { to: 20, from: [20], parse: exactNumber, serialize: String } },
    onnotice: () => undefined,
    ...(isOneServer(databaseUrl) && { socket: socketTo }),
  });
  return askingTypesOnce(sql, options.arrays ?? true);
}

/** After so many failures in a row: from 15 ms on, each three times as long, spread over its upper half. */
function reconnectAfterSeconds(failures: number): number {
  return (0.5 + Math.random() / 2) * Math.min(RECONNECT_SECONDS_MAX, 3 ** failures / 100);
}

const TEXT_ARRAY = 1009;

/**
 * The driver asks each new connection for the types of arrays, and when that connection is lost
 * meanwhile the rejection is nobody's and ends the process. What the first one of a pool learned
 * holds for all, so that no later one asks.
 */
function askingTypesOnce(sql: Sql, arrays: boolean): Sql {
  const { options } = sql;
  Object.defineProperty(options, 'fetch_types', {
    enumerable: true,
    get: () => arrays && !(TEXT_ARRAY in options.parsers),
  });
  return sql;
}

export { isPostgresOutage } from './postgres-errors.ts';
