import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestRedis, testRedis } from '../testing/services.ts';
import { redisFaults } from './safety.ts';

const fit: Record<string, string> = {
  redis_version: '7.0.15',
  maxmemory: '1073741824',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  role: 'master',
  connected_slaves: '0',
};

function info(changes: Record<string, string>): string {
  const lines = Object.entries({ ...fit, ...changes }).map(([name, value]) => `${name}:${value}`);
  return ['# Server', ...lines, ''].join('\r\n');
}

describe('redisFaults', () => {
  test('finds nothing wrong with a Redis that cannot forget', () => {
    expect(redisFaults(info({}), 'everysec')).toEqual([]);
    expect(redisFaults(info({ redis_version: '10.1.0' }), 'always')).toEqual([]);
  });

  test.each([
    [{ maxmemory_policy: 'allkeys-lru' }, 'set maxmemory-policy noeviction'],
    [{ maxmemory: '0' }, 'set maxmemory'],
    [{ aof_enabled: '0' }, 'set appendonly yes'],
    [{ redis_version: '6.2.7' }, 'use Redis 7.0 or newer'],
    [{ role: 'slave' }, 'name the master'],
  ])('%j is unsafe, with its mend', (changes, mend) => {
    const [fault, ...others] = redisFaults(info(changes));
    expect(fault).toMatchObject({ severity: 'error', unsafe: true });
    expect(fault?.mend).toContain(mend);
    expect(others).toEqual([]);
  });

  test.each([
    [{ aof_last_write_status: 'err' }, 'aof_last_write_status'],
    [{ connected_slaves: '1' }, 'min-replicas-to-write'],
  ])('%j is an error that does not keep Ringfence from starting', (changes, setting) => {
    expect(redisFaults(info(changes))).toMatchObject([
      { setting, severity: 'error', unsafe: false },
    ]);
  });

  test('replicas are fine once the master stops writing without them', () => {
    expect(redisFaults(info({ connected_slaves: '1', min_slaves_good_slaves: '1' }))).toEqual([]);
  });

  test('appendfsync no leaves the loss window open', () => {
    expect(redisFaults(info({}), 'no')).toMatchObject([{ setting: 'appendfsync' }]);
  });
});

describe('a real Redis', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await testRedis();
  });
  afterAll(() => server.stop());

  test('is judged by its own INFO: fit as we start it, unfit after each bad setting', async () => {
    const redis = await server.connect(0);
    // A master of a cluster has a replica, and is fit only if it does not write without one.
    await redis.config('SET', 'min-replicas-to-write', '1');
    const faults = async () => redisFaults(await redis.info()).map((fault) => fault.setting);
    expect(await faults()).toEqual([]);
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'appendonly', 'no');
    expect(await faults()).toEqual(['maxmemory-policy', 'maxmemory', 'appendonly']);
    redis.disconnect();
  });
});
