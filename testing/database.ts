import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { inject } from 'vitest';

export interface TestDatabase {
  /** Connects as a superuser, who bypasses row-level security: tests of it take a role of their own. */
  readonly url: string;
  readonly name: string;
  /** Removes the database, ending what is still connected to it. */
  drop(): Promise<void>;
}

/** Postgres waits five seconds for those to go who are still connected, then it says that they are. */
const OBJECT_IN_USE = '55006';
const ATTEMPTS = 12;

/** A fresh, migrated database on the run's server. Call it in `beforeAll`, and `drop()` in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `ringfence_test_${randomBytes(6).toString('hex')}`;
  const server = inject('postgresUrl');
  const template = inject('templateDatabase');
  const run = async (statement: string): Promise<void> => {
    const sql = postgres(server, { max: 1, onnotice: () => {} });
    try {
      await onceFree(() => sql.unsafe(statement));
    } finally {
      await sql.end();
    }
  };
  await run(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, name, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onceFree(work: () => PromiseLike<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== OBJECT_IN_USE || attempt === ATTEMPTS) throw error;
      await pause(100);
    }
  }
}
