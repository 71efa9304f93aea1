/** Redis is killed -9 and restarted on its append-only file, in both ways of syncing it. */
import { createConnection } from '../../../engine/index.ts';
import { EVERYSEC_WINDOW_MS, type Scenario } from '../scenario.ts';
import type { ApartStage } from '../stage.ts';

/** The page cache outlives a killed process: what a power cut takes is shown by `aof-cut`. */
export const redisKill: Scenario<ApartStage> = {
  name: 'redis-kill',
  summary: 'Redis killed -9 and restarted on its file, appendfsync everysec and always in turns',
  cycles: 20,
  seconds: 1,
  lasts: false,
  strike({ servers }, n) {
    const appendfsync = n % 2 === 0 ? 'everysec' : 'always';
    return {
      label: appendfsync,
      windowMs: appendfsync === 'always' ? 0 : EVERYSEC_WINDOW_MS,
      recovers: true,
      prepare: () => setAppendfsync(servers.redis.url, appendfsync),
      async blow() {
        await servers.redis.kill9();
        const struckAtMs = Date.now();
        await servers.redis.restart();
        return { struckAtMs };
      },
    };
  },
};

async function setAppendfsync(redisUrl: string, value: string): Promise<void> {
  const redis = createConnection(redisUrl);
  await redis.connect();
  await redis.config('SET', 'appendfsync', value);
  redis.disconnect();
}
