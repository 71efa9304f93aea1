/**
 * What is wrong with a Redis that is to hold money, by its INFO text (managed services answer INFO
 * where they refuse CONFIG). Each fault says the mend. Empty when it is fit.
 */
export function redisFaults(info: string): string[] {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => {
      const split = line.indexOf(':');
      return [line.slice(0, split), line.slice(split + 1)] as const;
    }),
  );
  const faults: string[] = [];
  const [major = 0] = (fields.get('redis_version') ?? '0').split('.').map(Number);
  if (major < 7) faults.push(`version ${fields.get('redis_version')} is older than 7.0`);
  const policy = fields.get('maxmemory_policy');
  if (policy !== 'noeviction') {
    faults.push(`it may evict keys (maxmemory-policy ${policy}); set maxmemory-policy noeviction`);
  }
  if (fields.get('maxmemory') === '0') faults.push('it has no memory limit; set maxmemory');
  if (fields.get('aof_enabled') !== '1') faults.push('it keeps no log; set appendonly yes');
  if (fields.get('role') === 'slave') faults.push('it is a replica; name the master');
  return faults;
}
