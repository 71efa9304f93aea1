// What makes a Redis unfit to hold money. Read from INFO, because managed services refuse CONFIG.

/** A setting of a store that is wrong, what was found, and what to do about it. */
export interface StoreFault {
  /** The setting, as its documentation names it. */
  readonly setting: string;
  readonly severity: 'error' | 'warning';
  /** True when money can be lost by it: Ringfence refuses to start. */
  readonly unsafe: boolean;
  readonly found: string;
  readonly mend: string;
}

const REDIS_MAJOR_MIN = 7;

/**
 * The faults of a Redis, the worst first.
 * @param info what INFO answers, all sections
 * @param appendfsync from CONFIG GET, where it is allowed
 */
export function redisFaults(info: string, appendfsync?: string): StoreFault[] {
  const fields = infoFields(info);
  const field = (name: string) => fields.get(name) ?? '';
  const faults: StoreFault[] = [];
  const unsafe = (setting: string, found: string, mend: string) =>
    faults.push({ setting, severity: 'error', unsafe: true, found, mend });
  const also = (severity: StoreFault['severity'], setting: string, found: string, mend: string) =>
    faults.push({ setting, severity, unsafe: false, found, mend });

  const version = field('redis_version');
  if (!(Number.parseInt(version, 10) >= REDIS_MAJOR_MIN)) {
    unsafe('version', `Redis ${version || 'unknown'}`, 'use Redis 7.0 or newer');
  }
  const policy = field('maxmemory_policy');
  if (policy !== 'noeviction') {
    unsafe('maxmemory-policy', `${policy}: keys may be evicted`, 'set maxmemory-policy noeviction');
  }
  if (!(Number(field('maxmemory')) > 0)) {
    unsafe('maxmemory', 'no limit', 'set maxmemory below the memory of the machine');
  }
  if (field('aof_enabled') !== '1') {
    unsafe('appendonly', 'off: a restart forgets everything', 'set appendonly yes');
  }
  if (field('role') === 'slave') {
    unsafe('role', 'it is a replica', 'name the master in REDIS_URL');
  }
  const write = field('aof_last_write_status');
  if (write !== '' && write !== 'ok') {
    also('error', 'aof_last_write_status', write, "free the disk of Redis' append-only file");
  }
  if (Number(field('connected_slaves')) > 0 && !fields.has('min_slaves_good_slaves')) {
    const mend = 'set min-replicas-to-write 1 and min-replicas-max-lag 10';
    also('error', 'min-replicas-to-write', 'off: a cut-off master goes on acknowledging', mend);
  }
  if (appendfsync === 'no') {
    also('error', 'appendfsync', 'no: the loss window has no bound', 'set appendfsync everysec');
  }
  return faults;
}

/** The `name:value` lines of an INFO answer. */
export function infoFields(info: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const split = line.indexOf(':');
    if (split > 0) fields.set(line.slice(0, split), line.slice(split + 1));
  }
  return fields;
}
