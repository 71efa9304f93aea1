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
}

const VERSION_NUMBER_MIN = 150_000;

export async function readPostgresSettings(sql: Sql): Promise<PostgresSettings> {
  const [settings] = await sql<PostgresSettings[]>`
    SELECT current_setting('server_version_num')::int AS "versionNumber",
           current_setting('server_version') AS version,
           current_setting('fsync') AS fsync,
           current_setting('synchronous_commit') AS "synchronousCommit",
           current_setting('full_page_writes') AS "fullPageWrites",
           pg_is_in_recovery() AS "inRecovery"`;
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
  if (settings.fullPageWrites !== 'on') {
    faults.push({
      setting: 'full_page_writes',
      severity: 'warning',
      unsafe: false,
      found: 'off: a power cut may leave torn pages',
      mend: 'set full_page_writes = on, unless the file system writes pages whole (ZFS)',
    });
  }
  return faults;
}
