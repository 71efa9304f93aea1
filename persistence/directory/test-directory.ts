/** The directory on a database of the test file's own; `second` is another process's directory. */
import { randomBytes } from 'node:crypto';
import { testDatabase } from '../../testing/services.ts';
import { connect, type Sql } from '../connect.ts';
import { createDirectory, type Directory } from './directory.ts';
import type { Organization } from './organization-record.ts';
import type { CacheLimits } from './read-cache.ts';
import { ensurePartitions } from './settings.ts';

export const TEST_PARTITIONS = 8;

/** Records stay for longer than any test lasts: who sees a change of another process was told of it. */
export const UNTIL_TOLD: Partial<CacheLimits> = { ttlMs: 3_600_000, absentTtlMs: 3_600_000 };

export interface TestDirectory {
  url: string;
  sql: Sql;
  first: Directory;
  second: Directory;
  secondSql: Sql;
  stop(): Promise<void>;
}

export async function testDirectory(
  cacheLimits: Partial<CacheLimits> = {},
): Promise<TestDirectory> {
  const database = await testDatabase();
  const sql = connect(database.url, { max: 8, applicationName: 'first' });
  const secondSql = connect(database.url, { max: 8, applicationName: 'second' });
  await ensurePartitions(sql, TEST_PARTITIONS);
  const options = { partitions: TEST_PARTITIONS, keyMode: 'test' as const, cacheLimits };
  const first = createDirectory(sql, options);
  const second = createDirectory(secondSql, options);
  await Promise.all([first.start(), second.start()]);
  return {
    url: database.url,
    sql,
    first,
    second,
    secondSql,
    stop: async () => {
      await Promise.all([first.stop(), second.stop()]);
      await Promise.all([sql.end({ timeout: 1 }), secondSql.end({ timeout: 1 })]);
      await database.drop();
    },
  };
}

/** Makes an organization and answers it; the parent must exist. */
export async function madeOrganization(
  directory: Directory,
  name: string,
  parentId?: string,
): Promise<Organization> {
  const answer = await directory.organizations.create({ name, parentId });
  if (answer.status !== 'created') {
    throw new Error(`organization ${name}: ${answer.status}`);
  }
  return answer.organization;
}

export interface TestEntry {
  id?: string;
  walletId: string;
  sequence: number;
  kind?: string;
  holdId?: string;
  callId?: string;
  reference?: string;
  createdAt?: Date;
}

/** Writes ledger rows as the flusher would, without its checks. Answers the ids in order. */
export async function writeEntries(sql: Sql, entries: TestEntry[]): Promise<string[]> {
  const rows = entries.map((entry) => ({
    id: entry.id ?? `ent_${randomBytes(13).toString('hex')}0`,
    wallet_id: entry.walletId,
    organization_id: 'org_test',
    sequence: entry.sequence,
    kind: entry.kind ?? 'deposit',
    operation: 'credit',
    amount_micros: 1,
    held_delta_micros: 0,
    posted_after_micros: entry.sequence,
    held_after_micros: 0,
    shortfall_micros: 0,
    hold_id: entry.holdId ?? null,
    call_id: entry.callId ?? null,
    reference: entry.reference ?? null,
    mutation_id: randomBytes(13).toString('hex'),
    row_index: 0,
    created_at: entry.createdAt ?? new Date(),
    occurred_at: entry.createdAt ?? new Date(),
    content_hash: Buffer.alloc(32),
    hash: Buffer.alloc(32, 7),
  }));
  await sql`insert into ledger_entries ${sql(rows)}`;
  return rows.map((row) => row.id);
}
