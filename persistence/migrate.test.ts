import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { testDatabase } from '../testing/services.ts';
import { migrate, readMigrations } from './migrate.ts';
import * as schema from './schema/index.ts';

let server: postgres.Sql;
const made: string[] = [];
beforeAll(() => {
  server = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  for (const name of made) await server.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.end();
});

async function emptyDatabase(): Promise<string> {
  const name = `ringfence_migrate_${process.pid}_${made.length}`;
  await server.unsafe(`CREATE DATABASE ${name} TEMPLATE template0`);
  made.push(name);
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  return url.href;
}

/** A copy of the migrations that a test may change. */
async function copiedFolder(): Promise<URL> {
  const source = new URL('./migrations/', import.meta.url);
  const folder = await mkdtemp(join(tmpdir(), 'ringfence-migrations-'));
  for (const name of await readdir(source)) {
    await writeFile(join(folder, name), await readFile(new URL(name, source)));
  }
  return pathToFileURL(`${folder}/`);
}

async function applied(url: string): Promise<number> {
  const sql = postgres(url, { max: 1 });
  const rows = await sql`SELECT name FROM schema_migrations`;
  await sql.end();
  return rows.length;
}

describe('migrate', () => {
  test('five processes at once on an empty database, then once more: each file runs once', async () => {
    const url = await emptyDatabase();
    await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
    await migrate(url);
    expect(await applied(url)).toBe((await readMigrations()).length);
  });

  test('a file that was edited after it had run is refused', async () => {
    const [url, folder] = [await emptyDatabase(), await copiedFolder()];
    await migrate(url, folder);
    const file = new URL('0001_settings.sql', folder);
    await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed`);
    await expect(migrate(url, folder)).rejects.toThrow('0001_settings.sql was edited');
  });

  test('a database that is newer than the program is refused', async () => {
    const [url, folder] = [await emptyDatabase(), await copiedFolder()];
    const count = (await readMigrations(folder)).length;
    const next = `${String(count + 1).padStart(4, '0')}_more.sql`;
    await writeFile(new URL(next, folder), 'CREATE TABLE more (id int);');
    await migrate(url, folder);
    await expect(migrate(url)).rejects.toThrow(`the database has migration ${next}`);
  });

  test('a file that fails leaves nothing of itself, and the ones before it stand', async () => {
    const [url, folder] = [await emptyDatabase(), await copiedFolder()];
    const count = (await readMigrations(folder)).length;
    const next = `${String(count + 1).padStart(4, '0')}_bad.sql`;
    await writeFile(new URL(next, folder), 'CREATE TABLE half (id int); SELECT 1 / 0;');
    await expect(migrate(url, folder)).rejects.toThrow('division by zero');
    expect(await applied(url)).toBe(count);
    const sql = postgres(url, { max: 1 });
    expect(await sql`SELECT to_regclass('half') AS half`).toEqual([{ half: null }]);
    await sql.end();
  });

  test.each(['0003_twice.sql', '0099_gap.sql', '12_short.sql'])('%s is refused', async (name) => {
    const folder = await copiedFolder();
    await writeFile(new URL(name, folder), 'SELECT 1;');
    await expect(readMigrations(folder)).rejects.toThrow('is not number');
  });
});

test('the Drizzle schema and the migrated database have the same columns', async () => {
  const database = await testDatabase();
  const sql = postgres(database.url, { max: 1 });
  const rows = await sql<{ table: string; name: string; type: string; nullable: boolean }[]>`
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
           NOT a.attnotnull AS nullable
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'schema_migrations'`;
  await sql.end();
  await database.drop();
  const inDatabase = rows.map(({ table, name, type, nullable }) =>
    [table, name, type, nullable ? 'null' : 'not null'].join(' '),
  );
  const inSchema = Object.values(schema)
    .filter((value) => is(value, PgTable))
    .flatMap((table) =>
      Object.values(getTableColumns(table)).map((column) =>
        [
          getTableName(table),
          column.name,
          column.getSQLType(),
          column.notNull ? 'not null' : 'null',
        ].join(' '),
      ),
    );
  expect(inSchema.sort()).toEqual(inDatabase.sort());
});

test('finance may read the ledger, and neither write it nor see keys', async () => {
  const database = await testDatabase();
  const sql = postgres(database.url, { max: 1 });
  const [rights] = await sql`
    SELECT has_table_privilege('ringfence_finance', 'ledger_entries', 'SELECT') AS reads,
           has_table_privilege('ringfence_finance', 'ledger_entries', 'INSERT') AS writes,
           has_table_privilege('ringfence_finance', 'api_keys', 'SELECT') AS keys`;
  expect(rights).toEqual({ reads: true, writes: false, keys: false });
  const columns = await sql<{ name: string; reads: boolean }[]>`
    SELECT attname AS name, has_column_privilege('ringfence_finance', attrelid, attnum, 'SELECT') AS reads
    FROM pg_attribute WHERE attrelid = 'top_ups'::regclass AND attnum > 0`;
  const hidden = columns.filter(({ reads }) => !reads).map(({ name }) => name);
  expect(hidden.sort()).toEqual([
    'ask_at',
    'asked_times',
    'cancel_url',
    'checkout_session_id',
    'checkout_url',
    'customer_id',
    'fingerprint',
    'payment_method',
    'request_key',
    'request_scope',
    'stripe_attempt',
    'success_url',
  ]);
  await sql.end();
  await database.drop();
});
