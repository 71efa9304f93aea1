import { Redis } from 'ioredis';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type FailingDoor,
  failingDoor,
  postgresFrames,
  redisFrames,
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from './services.ts';

describe('before Redis', () => {
  let server: TestRedis;
  let door: FailingDoor;
  let redis: Redis;
  beforeAll(async () => {
    server = await testRedis();
    door = await failingDoor(server.url, () => redisFrames((command) => command !== 'INFO'));
    redis = new Redis(door.url, { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
    redis.on('error', () => undefined);
  });
  afterAll(async () => {
    redis.disconnect();
    await door.stop();
    await server.stop();
  });
  const ready = () => expect.poll(() => redis.status).toBe('ready');

  test.each([
    ['unsent', '1'],
    ['unanswered', '2'],
  ] as const)('the n-th command is %s', async (failure, value) => {
    await ready();
    await redis.del('count');
    door.failAt(2, failure);
    expect(await redis.incr('count')).toBe(1);
    await expect(redis.incr('count')).rejects.toThrow();
    expect(door.disarm()).toBe(true);
    await ready();
    expect(await redis.get('count')).toBe(value);
  });

  test('values of any size and bytes pass whole', async () => {
    await ready();
    const value = Buffer.alloc(100_000, '\r\n*1\r\n$4\r\n');
    await redis.set('large', value);
    expect(await redis.getBuffer('large')).toEqual(value);
  });

  test('severed, nothing of the client arrives any more, until it is healed', async () => {
    await ready();
    await redis.set('count', '1');
    door.sever();
    await expect(redis.incr('count')).rejects.toThrow();
    door.heal();
    await ready();
    expect(await redis.incr('count')).toBe(2);
  });
});

describe('before Postgres', () => {
  let database: TestDatabase;
  let door: FailingDoor;
  let sql: postgres.Sql;
  beforeAll(async () => {
    database = await testDatabase();
    door = await failingDoor(database.url, postgresFrames);
    sql = postgres(door.url, { max: 1, onnotice: () => {} });
    await sql`CREATE TABLE rows (n int)`;
  });
  afterAll(async () => {
    await sql.end({ timeout: 1 });
    await door.stop();
    await database.drop();
  });
  const rows = async () => (await sql`SELECT n FROM rows ORDER BY n`).map((row) => row.n);

  test.each([
    ['unsent', []],
    ['unanswered', [1]],
  ] as const)('a statement of its own is %s', async (failure, kept) => {
    await sql`TRUNCATE rows`;
    door.failAt(1, failure);
    await expect(sql`INSERT INTO rows VALUES (1)`).rejects.toThrow();
    expect(door.disarm()).toBe(true);
    expect(await rows()).toEqual(kept);
  });

  test.each([
    [1, 'unanswered', []],
    [2, 'unanswered', []],
    [3, 'unanswered', []],
    [4, 'unsent', []],
    [4, 'unanswered', [1, 2]],
    [5, 'unanswered', [1, 2]],
  ] as const)('of a transaction, statement %i %s', async (n, failure, kept) => {
    await sql`TRUNCATE rows`;
    door.failAt(n, failure);
    const steps = ['BEGIN', 'INSERT INTO rows VALUES (1)', 'INSERT INTO rows VALUES (2)', 'COMMIT'];
    const work = (async () => {
      for (const step of steps) await sql.unsafe(step);
    })();
    if (n < 5) await expect(work).rejects.toThrow();
    else await work;
    expect(door.disarm()).toBe(n < 5);
    expect(await rows()).toEqual(kept);
  });
});
