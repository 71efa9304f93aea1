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
  /** A writer of the ledger gives up after 5 s of waiting for a lock or of idling in a transaction. */
  writer?: boolean;
  /** false: no array goes in or comes out, and their types are not asked for. */
  arrays?: boolean;
}

const CONNECT_SECONDS = 5;
const IDLE_SECONDS = 60;
const WRITER_TIMEOUT_MS = 5_000;

/** A bigint column read as a number; what 2^53 cannot hold is a fault, never a rounded amount. */
function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`bigint ${text} is beyond 2^53-1`);
  return value;
}

/** Opens a pool. Connects on first use; close it with `sql.end({ timeout })`. */
export function connect(databaseUrl: string, options: ConnectOptions): Sql {
  const timeouts = options.writer
    ? {
        lock_timeout: WRITER_TIMEOUT_MS,
        idle_in_transaction_session_timeout: WRITER_TIMEOUT_MS,
      }
    : {};
  const sql = postgres(databaseUrl, {
    max: options.max,
    connect_timeout: CONNECT_SECONDS,
    idle_timeout: IDLE_SECONDS,
    connection: { application_name: options.applicationName, ...timeouts },
    types: { bigint: { to: 20, from: [20], parse: exactNumber, serialize: String } },
    onnotice: () => undefined,
    ...(isOneServer(databaseUrl) && { socket: socketTo }),
  });
  return askingTypesOnce(sql, options.arrays ?? true);
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
