import { type Inspector, infoFields, redisFaults } from '../../engine/index.ts';
import { type Finding, ofStore, ok, warning } from './finding.ts';

const MEMORY_WARN_SHARE = 0.7;

/** Settings and state of the Redis server itself. */
export async function redisServer(redis: Inspector): Promise<Finding[]> {
  const [info, appendfsync] = await Promise.all([redis.info(), redis.setting('appendfsync')]);
  const faults = redisFaults(info, appendfsync).map((fault) => ofStore('redis', fault));
  const fields = infoFields(info);
  const used = Number(fields.get('used_memory'));
  const limit = Number(fields.get('maxmemory'));
  if (limit > 0 && used / limit > MEMORY_WARN_SHARE) {
    const share = Math.round((used / limit) * 100);
    const mend = 'raise maxmemory; at 85 % new holds and charges are refused';
    faults.push(warning('redis memory', `${share} % of maxmemory is used`, mend));
  }
  if (faults.length > 0) return faults;
  const version = fields.get('redis_version');
  const durability = `append-only ${appendfsync ?? '(policy unknown: CONFIG is refused)'}`;
  return [ok('redis', `${version}, ${durability}, noeviction, maxmemory ${limit} bytes`)];
}
