/** What makes a Postgres unfit for the ledger. */
import type { StoreFault } from '../engine/index.ts';
import type { Sql } from './connect.ts';

/** Settings as this connection sees them; `synchronous_commit` may be set per role or database. */
export interface PostgresSettings {
  /** Such as 180000. */
  versionNumber: number;
  version: string;
  fsync: string;
  synchronousCommit: string;
  fullPageWrites: string;
  inRecovery: boolean;
  /** Of a transaction that says nothing about it. */
  isolation: string;
  readOnly: boolean;
  encoding: string;
  /** ms; 0 = none. */
  statementTimeoutMs: number;
  idleSessionTimeoutMs: number;
}

const VERSION_NUMBER_MIN = 150_000;
/** A batch of the flusher or a page of the gate may take so long on a busy server. */
const STATEMENT_TIMEOUT_MS_MIN = 30_000;

export async function readPostgresSettings(sql: Sql): Promise<PostgresSettings> {
  const [settings] = await sql<PostgresSettings[]>`
    SELECT current_setting('server_version_num')::int AS "versionNumber",
           current_setting('server_version') AS version,
           current_setting('fsync') AS fsync,
           current_setting('synchronous_commit') AS "synchronousCommit",
           current_setting('full_page_writes') AS "fullPageWrites",
           pg_is_in_recovery() AS "inRecovery",
           current_setting('default_transaction_isolation') AS isolation,
           current_setting('default_transaction_read_only') = 'on' AS "readOnly",
           current_setting('server_encoding') AS encoding,
           (SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout')
             AS "statementTimeoutMs",
           (SELECT setting::int FROM pg_settings WHERE name = 'idle_session_timeout')
             AS "idleSessionTimeoutMs"`;
  if (settings === undefined) throw new Error('Postgres did not tell its settings');
  return settings;
}

/** The faults of a Postgres, the worst first. */
export function postgresFaults(settings: PostgresSettings): StoreFault[] {
  const faults: StoreFault[] = [];
  const unsafe = (setting: string, found: string, mend: string) =>
    faults.push({ setting, severity: 'error', unsafe: true, found, mend });
  if (settings.versionNumber < VERSION_NUMBER_MIN) {
    unsafe('version', `Postgres ${settings.version}`, 'use Postgres 15 or newer');
  }
  if (settings.fsync !== 'on') {
    unsafe('fsync', 'off: a crash may destroy the ledger', 'set fsync = on');
  }
  if (settings.synchronousCommit === 'off') {
    const found = 'off: commits are acknowledged that a crash can lose';
    unsafe('synchronous_commit', found, 'set synchronous_commit = on');
  }
  if (settings.inRecovery) unsafe('role', 'it is a standby', 'name the primary in DATABASE_URL');
  return [...faults, ...unfitFaults(settings)];
}

/** What loses no money, but stops or slows the ledger. */
function unfitFaults(settings: PostgresSettings): StoreFault[] {
  const faults: StoreFault[] = [];
  const also = (severity: StoreFault['severity'], setting: string, found: string, mend: string) =>
    faults.push({ setting, severity, unsafe: false, found, mend });
  const { isolation, encoding, statementTimeoutMs, idleSessionTimeoutMs } = settings;
  if (isolation !== 'read committed') {
    const found = `${isolation}: writers that meet would fail instead of waiting for each other`;
    also('error', 'default_transaction_isolation', found, "set it to 'read committed'");
  }
  if (settings.readOnly && !settings.inRecovery) {
    const found = 'on: nothing gets into the ledger';
    also('error', 'default_transaction_read_only', found, 'set it off for this role and database');
  }
  if (encoding !== 'UTF8') {
    const found = `${encoding}: texts of calls and requests may be refused`;
    also('error', 'server_encoding', found, 'make the database with ENCODING UTF8');
  }
  if (settings.fullPageWrites !== 'on') {
    const found = 'off: a power cut may leave torn pages';
    const mend = 'set full_page_writes = on, unless the file system writes pages whole (ZFS)';
    also('warning', 'full_page_writes', found, mend);
  }
  if (statementTimeoutMs > 0 && statementTimeoutMs < STATEMENT_TIMEOUT_MS_MIN) {
    const found = `${statementTimeoutMs} ms: batches, reports and recoveries may be broken off`;
    also('warning', 'statement_timeout', found, 'set it to 0 for this role, or 30 s and more');
  }
  if (idleSessionTimeoutMs > 0) {
    const found = `${idleSessionTimeoutMs} ms: it ends the session that holds the recovery lock`;
    also('warning', 'idle_session_timeout', found, 'set it to 0 for this role');
  }
  return faults;
}
