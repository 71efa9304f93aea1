import { describe, expect, test } from 'vitest';
import { redisFaults } from './redis-faults.ts';

const fit: Record<string, string> = {
  redis_version: '7.0.15',
  maxmemory: '1073741824',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
  role: 'master',
};

function info(changes: Record<string, string>): string {
  const lines = Object.entries({ ...fit, ...changes }).map(([name, value]) => `${name}:${value}`);
  return ['# Server', ...lines, ''].join('\r\n');
}

describe('redisFaults', () => {
  test('finds nothing wrong with a Redis that cannot forget', () => {
    expect(redisFaults(info({}))).toEqual([]);
  });

  test.each([
    [{ maxmemory_policy: 'allkeys-lru' }, 'set maxmemory-policy noeviction'],
    [{ maxmemory: '0' }, 'set maxmemory'],
    [{ aof_enabled: '0' }, 'set appendonly yes'],
    [{ redis_version: '6.2.7' }, 'older than 7.0'],
    [{ role: 'slave' }, 'name the master'],
  ])('%j is a fault, with its mend', (changes, mend) => {
    expect(redisFaults(info(changes)).join()).toContain(mend);
  });
});
