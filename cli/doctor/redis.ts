import { infoFields, type NodeInspector, redisFaults } from '../../engine/index.ts';
import { error, type Finding, ofStore, ok, warning } from './finding.ts';

const MEMORY_WARN_SHARE = 0.7;

/** Settings and state of one Redis master itself. */
export async function redisServer(redis: NodeInspector): Promise<Finding[]> {
  const name = `redis ${redis.name}`.trim();
  const [info, appendfsync] = await Promise.all([redis.info(), redis.setting('appendfsync')]);
  const faults = redisFaults(info, appendfsync).map((fault) => ofStore(name, fault));
  const fields = infoFields(info);
  const used = Number(fields.get('used_memory'));
  const limit = Number(fields.get('maxmemory'));
  if (limit > 0 && used / limit > MEMORY_WARN_SHARE) {
    const share = Math.round((used / limit) * 100);
    const mend = 'raise maxmemory; at 85 % new holds and charges are refused';
    faults.push(warning(`${name} memory`, `${share} % of maxmemory is used`, mend));
  }
  if (faults.length > 0) return faults;
  const version = fields.get('redis_version');
  const durability = `append-only ${appendfsync ?? '(policy unknown: CONFIG is refused)'}`;
  return [ok(name, `${version}, ${durability}, noeviction, maxmemory ${limit} bytes`)];
}

/** A master of a cluster that serves partitions and does not answer. */
export function absentMaster(name: string): Finding {
  const mend = 'start it, or let a replica of it take over; its partitions are not served';
  return error(`redis ${name}`, 'it does not answer', mend);
}
