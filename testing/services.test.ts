import { Redis } from 'ioredis';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestRedis, testDatabase, testRedis } from './services.ts';

describe('testRedis', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await testRedis(['--appendfsync', 'always']);
  });
  afterAll(() => server.stop());

  const ask = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(server.url, { maxRetriesPerRequest: 1 });
    redis.on('error', () => {});
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  };

  test('an acknowledged write survives kill -9 and restart at the same address', async () => {
    await ask((redis) => redis.set('kept', 'yes'));
    await server.kill9();
    await expect(ask((redis) => redis.get('kept'))).rejects.toThrow();
    await server.restart();
    expect(await ask((redis) => redis.get('kept'))).toBe('yes');
  });

  test('the server is set up as the engine demands: bounded memory, nothing evicted, on disk', async () => {
    const settings = await ask((redis) =>
      redis.config('GET', 'maxmemory', 'maxmemory-policy', 'appendonly'),
    );
    expect(settings).toEqual(
      expect.arrayContaining([
        'maxmemory',
        `${256 * 1024 ** 2}`,
        'noeviction',
        'appendonly',
        'yes',
      ]),
    );
  });
});

describe('testDatabase', () => {
  test('two files get databases that do not see each other, durable, and gone after drop', async () => {
    const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
    const first = postgres(one.url, { max: 1 });
    const second = postgres(two.url, { max: 1 });
    await first`CREATE TABLE only_here (id int)`;
    expect(await second`SELECT to_regclass('only_here') AS found`).toEqual([{ found: null }]);
    expect(await second`SHOW fsync`).toEqual([{ fsync: 'on' }]);
    await second.end();
    await two.drop();
    const left = await first`SELECT 1 FROM pg_database WHERE datname = ${two.name}`;
    expect(left).toHaveLength(0);
    await first.end();
    await one.drop();
  });
});
