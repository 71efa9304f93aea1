/** Redis is killed -9 and restarted on its append-only file, in both ways of syncing it. */
import { EVERYSEC_WINDOW_MS, type Scenario } from '../scenario.ts';
import { setAppendfsync } from '../servers.ts';
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
    const windowMs = appendfsync === 'always' ? 0 : EVERYSEC_WINDOW_MS;
    return {
      label: appendfsync,
      windowMs,
      recovers: true,
      prepare: () => setAppendfsync(servers.redis.url, appendfsync),
      async blow() {
        const fromMs = Date.now();
        await servers.redis.kill9();
        const struckAtMs = Date.now();
        await servers.redis.restart();
        // It died at some moment of the blow: on a busy machine that takes a while.
        return windowMs === 0
          ? { struckAtMs }
          : { struckAtMs, windowMs: windowMs + struckAtMs - fromMs };
      },
    };
  },
};
