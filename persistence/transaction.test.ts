import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type FailingDoor,
  failingDoor,
  postgresFrames,
  type TestDatabase,
  testDatabase,
} from '../testing/services.ts';
import { connect, isPostgresOutage, type Sql } from './connect.ts';
import { transaction } from './transaction.ts';

let database: TestDatabase;
let door: FailingDoor;
let sql: Sql;
beforeAll(async () => {
  database = await testDatabase();
  door = await failingDoor(database.url, postgresFrames);
  sql = connect(door.url, { max: 1, applicationName: 'test' });
  await sql`CREATE TABLE rows (n int)`;
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await door.stop();
  await database.drop();
});

const twoRows = () =>
  transaction(sql, async (tx) => {
    await tx`INSERT INTO rows VALUES (1)`;
    await tx`INSERT INTO rows VALUES (2)`;
    return 'done';
  });
const rows = async () => (await sql`SELECT n FROM rows ORDER BY n`).map((row) => row.n);

/** Begin, two rows, commit: at the fifth there is nothing left to fail. */
const ALL = [1, 2, 3, 4];

test.each(ALL.flatMap((n) => [[n, 'unsent'] as const, [n, 'unanswered'] as const]))(
  'its connection lost at statement %i (%s): an outage, whole or nothing, and the pool works on',
  async (n, failure) => {
    await sql`TRUNCATE rows`;
    door.failAt(n, failure);
    const error = await twoRows().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(door.disarm()).toBe(true);
    expect(isPostgresOutage(error)).toBe(true);
    expect(await rows()).toEqual(n === 4 && failure === 'unanswered' ? [1, 2] : []);
    expect(await twoRows()).toBe('done');
  },
);

test('a connection lost on its first statement is an outage, too', async () => {
  await sql`SELECT 1`;
  door.sever();
  await expect(sql`SELECT 1`).rejects.toSatisfy(isPostgresOutage);
  door.heal();
  door.failAt(1, 'unsent');
  await expect(sql`SELECT 2`).rejects.toSatisfy(isPostgresOutage);
  expect(door.disarm()).toBe(true);
  expect(await sql`SELECT ${['arrays', 'work']}::text[] AS words`).toEqual([
    { words: ['arrays', 'work'] },
  ]);
});

test('ended by the server in the middle: an outage, and nothing of it stays', async () => {
  await sql`TRUNCATE rows`;
  const killed = transaction(sql, async (tx) => {
    await tx`INSERT INTO rows VALUES (1)`;
    await tx`SELECT pg_terminate_backend(pg_backend_pid())`;
  });
  await expect(killed).rejects.toSatisfy(isPostgresOutage);
  // The driver tells the next query of the same end once more: an outage too.
  await expect.poll(rows).toEqual([]);
});

test('what the work throws rolls back, and comes out', async () => {
  await sql`TRUNCATE rows`;
  const broken = transaction(sql, async (tx) => {
    await tx`INSERT INTO rows VALUES (1)`;
    throw new RangeError('of the work');
  });
  await expect(broken).rejects.toThrow(RangeError);
  expect(await rows()).toEqual([]);
});
