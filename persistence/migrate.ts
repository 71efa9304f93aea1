/**
 * Brings a database up to the newest migration.
 *
 * Files `0001_name.sql`, `0002_name.sql`... are append-only: each runs once, in its own transaction
 * together with its row in schema_migrations, and its sha256 is compared ever after. Our own runner,
 * because Drizzle's skips files older than the last applied one, does not notice edits, and breaks
 * when three processes start at once.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import postgres from 'postgres';

const FOLDER = new URL('./migrations/', import.meta.url);
const NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
/** Any constant will do, as long as nothing else in the database locks on it. */
const MIGRATION_LOCK = 7_246_001;

export interface Migration {
  name: string;
  sha256: string;
  sql: string;
}

/** The migration files in order. Throws if a number is missing, doubled, or a name is malformed. */
export async function readMigrations(folder: URL = FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      if (Number(NAME.exec(name)?.[1]) !== index + 1) {
        throw new Error(`migration ${name} is not number ${index + 1} of the folder`);
      }
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { name, sha256: createHash('sha256').update(sql).digest('hex'), sql };
    }),
  );
}

/**
 * Applies what is missing. Safe to call from many processes at once: all but one wait.
 * Throws when an applied file was edited, or when the database is newer than this program.
 */
export async function migrate(databaseUrl: string, folder: URL = FOLDER): Promise<void> {
  const migrations = await readMigrations(folder);
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    // A session lock on the only connection: waiting processes see the finished result.
    await sql`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    await sql`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        name       text PRIMARY KEY,
        sha256     text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`;
    const applied = new Map(
      (
        await sql<{ name: string; sha256: string }[]>`SELECT name, sha256 FROM schema_migrations`
      ).map((row) => [row.name, row.sha256]),
    );
    refuseDrift(migrations, applied);
    for (const migration of migrations) {
      if (!applied.has(migration.name)) await apply(sql, migration);
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function refuseDrift(migrations: Migration[], applied: Map<string, string>): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration.sha256]));
  for (const [name, sha256] of applied) {
    const own = known.get(name);
    if (own === undefined) throw new Error(`the database has migration ${name}, this program not`);
    if (own !== sha256) throw new Error(`migration ${name} was edited after it had been applied`);
  }
}

async function apply(sql: postgres.Sql, migration: Migration): Promise<void> {
  await sql.begin(async (tx) => {
    await tx.unsafe(migration.sql).simple();
    await tx`
      INSERT INTO schema_migrations (name, sha256) VALUES (${migration.name}, ${migration.sha256})`;
  });
}
