/** Settings and state of a Redis that do not keep Ringfence from starting, and still matter. */
import { type Finding, ok, error as severe, warning } from './finding.ts';

/** INFO and CONFIG by name; a service that refuses CONFIG leaves settings undefined. */
export interface RedisView {
  readonly field: (name: string) => string | undefined;
  readonly setting: (name: string) => string | undefined;
  /** Of the machine Redis runs on; undefined where it is another one. */
  readonly overcommitMemory: string | undefined;
  /** Bytes free where its append-only file is; undefined likewise. */
  readonly diskFree: number | undefined;
}

/** CONFIG names that are asked for. */
export const SETTINGS = [
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'aof-load-truncated',
  'stop-writes-on-bgsave-error',
  'min-replicas-max-lag',
  'cluster-require-full-coverage',
  'dir',
] as const;

const REPLICA_LAG_MAX_SECONDS = 10;
const CLIENTS_WARN_SHARE = 0.8;

type Check = (view: RedisView) => [found: string, mend: string] | undefined;

/** In the order in which they are told. */
const CHECKS: readonly [setting: string, severity: typeof warning, check: Check][] = [
  ['evicted_keys', severe, evicted],
  ['appendfsync', warning, refusedConfig],
  ['no-appendfsync-on-rewrite', warning, syncOnRewrite],
  ['aof-load-truncated', warning, loadTruncated],
  ['aof_last_bgrewrite_status', warning, rewrite],
  ['rdb_last_bgsave_status', severe, snapshots],
  ['min-replicas-max-lag', warning, replicaLag],
  ['replicas', warning, replicas],
  ['cluster-require-full-coverage', warning, fullCoverage],
  ['maxclients', warning, clients],
  ['vm.overcommit_memory', warning, overcommit],
  ['disk', warning, disk],
];

/** @param name of the node, such as `redis` or `redis 10.0.0.2:6379` */
export function redisSettings(name: string, view: RedisView): Finding[] {
  return CHECKS.flatMap(([setting, severity, check]) => {
    const fault = check(view);
    return fault ? [severity(`${name} ${setting}`, ...fault)] : [];
  });
}

function evicted({ field }: RedisView): ReturnType<Check> {
  const count = Number(field('evicted_keys') ?? 0);
  if (count === 0) return undefined;
  return [
    `${count} keys were evicted since its start: money that was not in the ledger may be gone`,
    'set maxmemory-policy noeviction, then run verify and rebuild',
  ];
}

function refusedConfig({ setting }: RedisView): ReturnType<Check> {
  if (setting('appendfsync') !== undefined) return undefined;
  return [
    'CONFIG is refused, so the loss window is not known',
    "look it up in the service's console: everysec or always",
  ];
}

function syncOnRewrite({ setting }: RedisView): ReturnType<Check> {
  if (setting('no-appendfsync-on-rewrite') !== 'yes') return undefined;
  return [
    'yes: nothing is synced while the file is rewritten, which can be half a minute',
    'set no-appendfsync-on-rewrite no',
  ];
}

function loadTruncated({ setting }: RedisView): ReturnType<Check> {
  if (setting('aof-load-truncated') !== 'no') return undefined;
  return [
    'no: after a power cut Redis does not start on a file with a torn end',
    'set aof-load-truncated yes; the gate compares what is left with the ledger',
  ];
}

function rewrite({ field }: RedisView): ReturnType<Check> {
  const status = field('aof_last_bgrewrite_status') ?? 'ok';
  if (status === 'ok') return undefined;
  return [
    `${status}: the append-only file grows until the disk is full`,
    'free disk and memory (vm.overcommit_memory = 1), then send BGREWRITEAOF',
  ];
}

function snapshots({ field, setting }: RedisView): ReturnType<Check> {
  const status = field('rdb_last_bgsave_status') ?? 'ok';
  if (status === 'ok' || setting('stop-writes-on-bgsave-error') === 'no') return undefined;
  return [
    `${status}: Redis refuses every write until a snapshot succeeds`,
    'free disk and memory, then send BGSAVE; snapshots are not needed: save ""',
  ];
}

function replicaLag({ field, setting }: RedisView): ReturnType<Check> {
  const lag = Number(setting('min-replicas-max-lag') ?? 0);
  if (!(Number(field('connected_slaves')) > 0) || lag <= REPLICA_LAG_MAX_SECONDS) return undefined;
  return [
    `${lag} s: so long a master that is cut off goes on acknowledging`,
    `set min-replicas-max-lag ${REPLICA_LAG_MAX_SECONDS} or less`,
  ];
}

function replicas({ field }: RedisView): ReturnType<Check> {
  const count = Number(field('connected_slaves') ?? 0);
  const lagging = Array.from({ length: count }, (_, i) => field(`slave${i}`) ?? '').filter(
    (text) => !text.includes('state=online') || replicaSeconds(text) > REPLICA_LAG_MAX_SECONDS,
  );
  if (lagging.length === 0) return undefined;
  return [
    `${lagging.length} of ${count} are not in sync: promoted, they would lack what was acknowledged`,
    "look at the replica's log and at the network between them",
  ];
}

function replicaSeconds(text: string): number {
  return Number(/\blag=(\d+)/.exec(text)?.[1] ?? 0);
}

function fullCoverage({ field, setting }: RedisView): ReturnType<Check> {
  if (field('cluster_enabled') !== '1') return undefined;
  if (setting('cluster-require-full-coverage') !== 'yes') return undefined;
  return [
    'yes: the loss of one master stops all of them',
    'set cluster-require-full-coverage no on every node',
  ];
}

function clients({ field }: RedisView): ReturnType<Check> {
  const [connected, max] = [Number(field('connected_clients')), Number(field('maxclients'))];
  if (!(connected / max > CLIENTS_WARN_SHARE)) return undefined;
  return [
    `${connected} of ${max} connections are taken: a process that restarts may get none`,
    'raise maxclients, and see who else uses this Redis: it should be Ringfence alone',
  ];
}

function overcommit({ overcommitMemory }: RedisView): ReturnType<Check> {
  if (overcommitMemory === undefined || overcommitMemory === '1') return undefined;
  return [
    `${overcommitMemory}: the fork that rewrites the append-only file may be refused, and it grows`,
    'sysctl vm.overcommit_memory=1, where money is real',
  ];
}

function disk({ diskFree, field }: RedisView): ReturnType<Check> {
  const limit = Number(field('maxmemory') ?? 0);
  if (diskFree === undefined || limit === 0 || diskFree >= limit) return undefined;
  return [
    `${diskFree} bytes are free, less than maxmemory: a rewrite of the file may fill it`,
    'free the disk; when it is full Redis refuses every write',
  ];
}

/** What is in order, in one line. */
export function redisInOrder(name: string, { field, setting }: RedisView): Finding {
  const version = field('redis_version') ?? '';
  const sync = setting('appendfsync') ?? '(policy unknown)';
  const copies = Number(field('connected_slaves') ?? 0);
  const replicated = copies > 0 ? `, ${copies} replicas` : '';
  return ok(
    name,
    `${version}, append-only ${sync}, noeviction, maxmemory ${field('maxmemory')} bytes${replicated}`,
  );
}
