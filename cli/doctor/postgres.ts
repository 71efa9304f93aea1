import {
  freeConnections,
  migrationView,
  missingLedgerMonths,
  postgresFaults,
  readPostgresSettings,
  type Sql,
  strayLedgerRows,
} from '../../persistence/index.ts';
import { error, type Finding, ofStore, ok, warning } from './finding.ts';

/** Months that a running Ringfence keeps ready. */
const MONTHS_AHEAD = 2;

/** What one process opens at most, and a few for migrations, LISTEN and recovery. */
const CONNECTIONS_OF_A_PROCESS = 30;

/** Settings of the Postgres server as Ringfence's connections get them. */
export async function postgresServer(sql: Sql): Promise<Finding[]> {
  const settings = await readPostgresSettings(sql);
  const faults = postgresFaults(settings).map((fault) => ofStore('postgres', fault));
  const free = await freeConnections(sql);
  faults.push(...connections(free));
  if (faults.length > 0) return faults;
  const { version, synchronousCommit, isolation } = settings;
  const found = `${version}, fsync on, synchronous_commit ${synchronousCommit}, ${isolation}`;
  return [ok('postgres', `${found}, ${free} connections free`)];
}

export function connections(free: number): Finding[] {
  if (free >= CONNECTIONS_OF_A_PROCESS) return [];
  const found = `${free} are free, one process may open ${CONNECTIONS_OF_A_PROCESS}: one that restarts or recovers may get none`;
  const mend = 'raise max_connections or the limit of the role, or run fewer processes';
  return [warning('postgres connections', found, mend)];
}

/** The schema, and whether the rest of the doctor's questions can be asked at all. */
export async function schema(sql: Sql): Promise<{ usable: boolean; findings: Finding[] }> {
  const { pending, foreign } = await migrationView(sql);
  if (foreign.length > 0) {
    const found = `applied but not of this release: ${foreign.join(', ')}`;
    const mend = 'run the release that this database belongs to';
    return { usable: pending.length === 0, findings: [error('migrations', found, mend)] };
  }
  if (pending.length > 0) {
    const mend = 'start Ringfence once: it brings the database up to date';
    const found = `${pending.length} are not applied`;
    return { usable: false, findings: [warning('migrations', found, mend)] };
  }
  return { usable: true, findings: [ok('migrations', 'all applied')] };
}

/** Room for the coming months' rows. */
export async function ledgerMonths(sql: Sql, nowMs: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const mend = 'start a Ringfence with the flusher role: it makes the months ahead';
  for (const { ahead, table } of await missingLedgerMonths(sql, nowMs, MONTHS_AHEAD)) {
    const severity = ahead === 0 ? error : warning;
    findings.push(severity('ledger months', `${table} is missing`, mend));
  }
  const stray = await strayLedgerRows(sql);
  if (stray > 0) {
    const found = `${stray} rows lie in the default partition`;
    findings.push(warning('ledger months', found, `${mend}, and moves the rows there`));
  }
  return findings.length > 0 ? findings : [ok('ledger months', `ready ${MONTHS_AHEAD} ahead`)];
}
