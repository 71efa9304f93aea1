import { readFile, statfs } from 'node:fs/promises';
import { infoFields, type NodeInspector, redisFaults } from '../../engine/index.ts';
import { error, type Finding, ofStore, warning } from './finding.ts';
import { type RedisView, redisInOrder, redisSettings, SETTINGS } from './redis-settings.ts';

const MEMORY_WARN_SHARE = 0.7;
const OVERCOMMIT = '/proc/sys/vm/overcommit_memory';

/** Settings and state of one Redis master itself. */
export async function redisServer(redis: NodeInspector): Promise<Finding[]> {
  const name = `redis ${redis.name}`.trim();
  const { info, view } = await viewOf(redis);
  const faults = redisFaults(info, view.setting('appendfsync')).map((one) => ofStore(name, one));
  const used = Number(view.field('used_memory'));
  const limit = Number(view.field('maxmemory'));
  if (limit > 0 && used / limit > MEMORY_WARN_SHARE) {
    const share = Math.round((used / limit) * 100);
    const mend = 'raise maxmemory; at 85 % new holds and charges are refused';
    faults.push(warning(`${name} memory`, `${share} % of maxmemory is used`, mend));
  }
  faults.push(...redisSettings(name, view));
  return faults.length > 0 ? faults : [redisInOrder(name, view)];
}

async function viewOf(redis: NodeInspector): Promise<{ info: string; view: RedisView }> {
  const [info, ...values] = await Promise.all([
    redis.info(),
    ...SETTINGS.map((name) => redis.setting(name)),
  ]);
  const fields = infoFields(info);
  const settings = new Map(SETTINGS.map((name, i) => [name as string, values[i]]));
  const overcommitMemory = redis.isLocal ? await textOf(OVERCOMMIT) : undefined;
  const diskFree = redis.isLocal ? await freeAt(settings.get('dir')) : undefined;
  return {
    info,
    view: {
      field: (name) => fields.get(name),
      setting: (name) => settings.get(name),
      overcommitMemory,
      diskFree,
    },
  };
}

/** Undefined where there is no such file, as on another system than Linux. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

/** Undefined where the folder cannot be seen, as that of a Redis in a container. */
async function freeAt(folder: string | undefined): Promise<number | undefined> {
  if (folder === undefined) return undefined;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** A master of a cluster that serves partitions and does not answer. */
export function absentMaster(name: string): Finding {
  const mend = 'start it, or let a replica of it take over; its partitions are not served';
  return error(`redis ${name}`, 'it does not answer', mend);
}
