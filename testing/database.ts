import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';

export interface TestDatabase {
  /** Connects as a superuser, who bypasses row-level security: tests of it take a role of their own. */
  readonly url: string;
  readonly name: string;
  /** Removes the database, ending what is still connected to it. */
  drop(): Promise<void>;
}

/** A fresh, migrated database on the run's server. Call it in `beforeAll`, and `drop()` in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `ringfence_test_${randomBytes(6).toString('hex')}`;
  const server = inject('postgresUrl');
  const template = inject('templateDatabase');
  const run = async (statement: string): Promise<void> => {
    const sql = postgres(server, { max: 1, onnotice: () => {} });
    try {
      await sql.unsafe(statement);
    } finally {
      await sql.end();
    }
  };
  await run(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, name, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
