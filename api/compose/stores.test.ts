import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from '../../engine/index.ts';
import {
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { openStores } from './stores.ts';

describe('stores that could lose money', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  beforeAll(async () => {
    [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  });
  afterAll(async () => {
    await redis.stop();
    await database.drop();
  });

  async function start(env: Record<string, string> = {}): Promise<void> {
    const config = readConfig({
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      RINGFENCE_ADMIN_KEY: 'rf_admin_of_the_test_0123456789',
      RINGFENCE_LEDGER_KEY: 'the-key-of-the-hash-chain-in-tests',
      RINGFENCE_PARTITIONS: '2',
      ...env,
    });
    await (await openStores(config, createLog('silent'))).close();
  }

  async function setRedis(name: string, value: string): Promise<void> {
    const connection = createConnection(redis.url);
    await connection.connect();
    await connection.config('SET', name, value);
    connection.disconnect();
  }

  test.each([
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
    ['maxmemory', '0', '268435456'],
    ['appendonly', 'no', 'yes'],
  ])('Redis with %s %s is refused at start, unless allowed', async (name, bad, good) => {
    await setRedis(name, bad);
    try {
      await expect(start()).rejects.toThrow(`${name}: `);
      await start({ RINGFENCE_ALLOW_UNSAFE_REDIS: '1' });
    } finally {
      await setRedis(name, good);
    }
    await start();
  });

  test('Postgres with synchronous_commit off is refused at start, unless allowed', async () => {
    const url = new URL(database.url);
    url.searchParams.set('synchronous_commit', 'off');
    const unsafe = { DATABASE_URL: url.href };
    await expect(start(unsafe)).rejects.toThrow('synchronous_commit: off');
    await start({ ...unsafe, RINGFENCE_ALLOW_UNSAFE_POSTGRES: '1' });
  });
});
