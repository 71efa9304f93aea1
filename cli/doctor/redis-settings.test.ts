import { describe, expect, test } from 'vitest';
import { type RedisView, redisSettings } from './redis-settings.ts';

type Values = Readonly<Record<string, string>>;

/** A Redis as docs/OPERATIONS.md asks for it, with these differences. */
function view(fields: Values = {}, settings: Values = {}, machine: Partial<RedisView> = {}) {
  const info: Values = { maxmemory: '1000', connected_clients: '9', maxclients: '100', ...fields };
  const config: Values = { appendfsync: 'everysec', 'min-replicas-max-lag': '10', ...settings };
  return {
    field: (name: string) => info[name],
    setting: (name: string) => config[name],
    overcommitMemory: '1',
    diskFree: 5_000,
    ...machine,
  };
}

const found = (asked: RedisView) =>
  redisSettings('redis', asked).map(({ check, severity }) => `${severity} ${check}`);

describe('settings of a Redis', () => {
  test('as they should be are passed over; those of another machine are not known', () => {
    expect(found(view())).toEqual([]);
    expect(found(view({}, {}, { overcommitMemory: undefined, diskFree: undefined }))).toEqual([]);
  });

  test.each<[string, Values, Values]>([
    ['error redis evicted_keys', { evicted_keys: '3' }, {}],
    ['warning redis no-appendfsync-on-rewrite', {}, { 'no-appendfsync-on-rewrite': 'yes' }],
    ['warning redis aof-load-truncated', {}, { 'aof-load-truncated': 'no' }],
    ['warning redis aof_last_bgrewrite_status', { aof_last_bgrewrite_status: 'err' }, {}],
    ['error redis rdb_last_bgsave_status', { rdb_last_bgsave_status: 'err' }, {}],
    ['warning redis maxclients', { connected_clients: '81' }, {}],
    [
      'warning redis min-replicas-max-lag',
      { connected_slaves: '1', slave0: 'ip=a,port=1,state=online,offset=1,lag=0' },
      { 'min-replicas-max-lag': '60' },
    ],
    ['warning redis replicas', { connected_slaves: '1', slave0: 'state=wait_bgsave,lag=0' }, {}],
    ['warning redis replicas', { connected_slaves: '1', slave0: 'state=online,lag=11' }, {}],
    [
      'warning redis cluster-require-full-coverage',
      { cluster_enabled: '1' },
      { 'cluster-require-full-coverage': 'yes' },
    ],
  ])('%s', (expected, fields, settings) => {
    expect(found(view(fields, settings))).toEqual([expected]);
  });

  test('snapshots that fail are harmless where Redis writes on, and coverage where there is no cluster', () => {
    const bgsave = { 'stop-writes-on-bgsave-error': 'no' };
    expect(found(view({ rdb_last_bgsave_status: 'err' }, bgsave))).toEqual([]);
    expect(found(view({}, { 'cluster-require-full-coverage': 'yes' }))).toEqual([]);
  });

  test('the machine: a fork that may be refused, a disk with less room than the memory', () => {
    expect(found(view({}, {}, { overcommitMemory: '0' }))).toEqual([
      'warning redis vm.overcommit_memory',
    ]);
    expect(found(view({}, {}, { diskFree: 999 }))).toEqual(['warning redis disk']);
  });

  test('a service that refuses CONFIG: what cannot be known is said', () => {
    const refusing = { ...view(), setting: () => undefined };
    expect(found(refusing)).toEqual(['warning redis appendfsync']);
  });
});
