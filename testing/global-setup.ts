import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { findRedis } from '../scripts/find-redis.mjs';
import { startPostgres } from '../scripts/postgres-server.mjs';
import { removeFolder } from './folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL of the run's Postgres server. */
    postgresUrl: string;
    /** A migrated database that nobody is connected to; each test file clones it. */
    templateDatabase: string;
  }
}

const MIGRATIONS = new URL('../persistence/migrate.ts', import.meta.url);
/** One test file has up to 35 connections open, and four files run at once; a hundred would be too few. */
const MAX_CONNECTIONS = 'max_connections=400';

/**
 * One Postgres server for the whole run, with one migrated template database: a clone takes 50 ms where a
 * server and its migrations would take seconds. A server of your own may be given by
 * RINGFENCE_TEST_DATABASE_URL (a role that may create databases); DATABASE_URL is never touched by tests.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  findRedis(); // Fetch it once here, rather than by every test file at the same time.
  const given = process.env.RINGFENCE_TEST_DATABASE_URL;
  const server = given ? { url: given, stop: async () => {} } : await ownServer();
  const template = `ringfence_template_${process.pid}`;
  await onServer(server.url, (sql) => sql`CREATE DATABASE ${sql(template)} TEMPLATE template0`);
  const url = new URL(server.url);
  url.pathname = template;
  if (fs.existsSync(MIGRATIONS)) {
    const { migrate } = (await import(MIGRATIONS.href)) as {
      migrate(databaseUrl: string): Promise<void>;
    };
    await migrate(url.href);
  }
  project.provide('postgresUrl', server.url);
  project.provide('templateDatabase', template);
  return async () => {
    if (given) await onServer(given, (sql) => sql`DROP DATABASE ${sql(template)} WITH (FORCE)`);
    await server.stop();
  };
}

async function onServer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

async function ownServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-test-'));
  fs.chmodSync(folder, 0o755); // As root, Postgres runs under another account that must get in.
  const server = await startPostgres({
    dir: path.join(folder, 'postgres'),
    settings: [MAX_CONNECTIONS],
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      removeFolder(folder);
    },
  };
}
