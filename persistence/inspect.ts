/** What `ringfence doctor` asks of Postgres about Ringfence's own state. Reads only. */
import type { Sql } from './connect.ts';
import { readMigrations } from './migrate.ts';
import { monthOf } from './partitions.ts';

export interface MigrationView {
  /** Names of this program's migrations that the database does not have yet. */
  pending: string[];
  /** Applied ones that this program does not have, or has with another content. */
  foreign: string[];
}

export async function migrationView(sql: Sql): Promise<MigrationView> {
  const [table] = await sql`SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL`;
  const rows = table
    ? await sql<{ name: string; sha256: string }[]>`SELECT name, sha256 FROM schema_migrations`
    : [];
  const own = await readMigrations();
  const applied = new Set(rows.map((row) => row.name));
  const shaOf = new Map(own.map((migration) => [migration.name, migration.sha256]));
  return {
    pending: own.map((migration) => migration.name).filter((name) => !applied.has(name)),
    foreign: rows.filter((row) => shaOf.get(row.name) !== row.sha256).map((row) => row.name),
  };
}

/** Months without a table of their own, from this one to `ahead` months on: 0 is this month. */
export async function missingLedgerMonths(
  sql: Sql,
  nowMs: number,
  ahead: number,
): Promise<{ ahead: number; table: string }[]> {
  const months = Array.from({ length: ahead + 1 }, (_, offset) => ({
    ahead: offset,
    table: monthOf(nowMs, offset).table,
  }));
  const found = await sql<{ table: string }[]>`
    SELECT name AS table FROM unnest(${months.map(({ table }) => table)}::text[]) AS name
    WHERE to_regclass(name) IS NOT NULL`;
  const there = new Set(found.map((row) => row.table));
  return months.filter(({ table }) => !there.has(table));
}

/** The partition count that was fixed at first boot. */
export async function storedPartitions(sql: Sql): Promise<number | undefined> {
  const [row] = await sql<{ partitions: number }[]>`
    SELECT (value #>> '{}')::int AS partitions FROM settings WHERE key = 'partitions'`;
  return row?.partitions;
}

/** By partition, the stream id up to which its journal is committed. */
export async function committedCursors(sql: Sql, partitions: number): Promise<string[]> {
  const rows = await sql<{ partition: number; streamId: string }[]>`
    SELECT partition, stream_id AS "streamId" FROM journal_cursors`;
  const cursors = new Map(rows.map((row) => [row.partition, row.streamId]));
  return Array.from({ length: partitions }, (_, partition) => cursors.get(partition) ?? '0-0');
}

/** Flusher processes that have renewed their membership lately. */
export async function liveFlushers(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*) AS count FROM flusher_members WHERE expires_at > now()`;
  return row?.count ?? 0;
}

/** Partitions that no flusher has a lease of. */
export async function unleasedPartitions(sql: Sql): Promise<number[]> {
  const rows = await sql<{ partition: number }[]>`
    SELECT partition FROM journal_cursors AS cursor
    WHERE NOT EXISTS (
      SELECT FROM partition_leases AS lease
      WHERE lease.partition = cursor.partition AND lease.expires_at > now())
    ORDER BY partition`;
  return rows.map(({ partition }) => partition);
}

/** Connections that this role can still open to this database. */
export async function freeConnections(sql: Sql): Promise<number> {
  const [row] = await sql<{ free: number }[]>`
    SELECT least(
      current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0)
        - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
      (SELECT datconnlimit - numbackends FROM pg_database
       JOIN pg_stat_database AS used ON used.datid = pg_database.oid
       WHERE pg_database.datname = current_database() AND datconnlimit >= 0),
      (SELECT rolconnlimit - (SELECT count(*) FROM pg_stat_activity WHERE usename = rolname)
       FROM pg_roles WHERE rolname = current_user AND rolconnlimit >= 0))::int AS free`;
  return row?.free ?? 0;
}

export interface QuarantineView {
  wallets: number;
  entries: number;
}

export async function quarantineView(sql: Sql): Promise<QuarantineView> {
  const [row] = await sql<QuarantineView[]>`
    SELECT (SELECT count(*) FROM wallet_snapshots WHERE quarantined) AS wallets,
           (SELECT count(*) FROM ledger_quarantine WHERE released_at IS NULL) AS entries`;
  return row ?? { wallets: 0, entries: 0 };
}

/** Stored provider events that wait to be applied, and the age of the oldest in ms. */
export async function inboxView(sql: Sql): Promise<{ waiting: number; oldestAgeMs: number }> {
  const [row] = await sql<{ waiting: number; oldestAgeMs: number }[]>`
    SELECT count(*) AS waiting,
           coalesce(max(extract(epoch FROM now() - received_at)) * 1000, 0)::bigint AS "oldestAgeMs"
    FROM webhook_inbox WHERE applied_at IS NULL`;
  return row ?? { waiting: 0, oldestAgeMs: 0 };
}

/** Postgres' clock, epoch ms. */
export async function postgresTime(sql: Sql): Promise<number> {
  const [row] = await sql<{ ms: number }[]>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms`;
  return row?.ms ?? 0;
}
