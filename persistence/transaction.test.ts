import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type FailingDoor,
  failingDoor,
  postgresFrames,
  type TestDatabase,
  testDatabase,
} from '../testing/services.ts';
import { connect, isPostgresOutage, type Sql } from './connect.ts';
import { savepoint, transaction } from './transaction.ts';

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

describe('a part of it', () => {
  const inParts = (second: () => Promise<unknown> = async () => undefined) =>
    transaction(sql, async (tx) => {
      await tx`INSERT INTO rows VALUES (1)`;
      const failure = await savepoint(tx, async (part) => {
        await part`INSERT INTO rows VALUES (2)`;
        await second();
      }).catch((error: unknown) => error);
      await tx`INSERT INTO rows VALUES (3)`;
      return failure;
    });

  test('that fails is undone alone, whether the work or the database says so', async () => {
    await sql`TRUNCATE rows`;
    const broken = () => Promise.reject(new RangeError('of the work'));
    expect(await inParts(broken)).toBeInstanceOf(RangeError);
    expect(await rows()).toEqual([1, 3]);
    await sql`TRUNCATE rows`;
    const failure = await transaction(sql, async (tx) => {
      const error = await savepoint(tx, (part) => part`SELECT 1 / 0`).catch((thrown) => thrown);
      await tx`INSERT INTO rows VALUES (1)`;
      return error;
    });
    expect(failure).toMatchObject({ code: '22012' });
    expect(await rows()).toEqual([1]);
  });

  // Begin, a row, the savepoint, a row, a row, commit.
  test.each([3, 4, 5, 6])(
    'ends with the whole when its connection is lost at statement %i, and the pool works on',
    async (n) => {
      await sql`TRUNCATE rows`;
      door.failAt(n, 'unsent');
      await expect(inParts()).rejects.toSatisfy(isPostgresOutage);
      expect(door.disarm()).toBe(true);
      expect(await rows()).toEqual([]);
      expect(await inParts()).toBeUndefined();
      expect(await rows()).toEqual([1, 2, 3]);
    },
  );
});
