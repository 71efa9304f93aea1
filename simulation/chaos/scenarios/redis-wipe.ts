/** Redis loses everything: everything comes back from Postgres, live calls included. */
import fs from 'node:fs';
import path from 'node:path';
import { createConnection } from '../../../engine/index.ts';
import { LEVEL_MS, type Scenario } from '../scenario.ts';
import type { RedisStore } from '../servers.ts';
import type { ApartStage } from '../stage.ts';

export const redisWipe: Scenario<ApartStage> = {
  name: 'redis-wipe',
  summary: 'FLUSHALL, and killed with its data directory removed, in turns',
  cycles: 6,
  seconds: 1,
  lasts: false,
  strike({ servers }, n) {
    const isFlushed = n % 2 === 0;
    return {
      label: isFlushed ? 'FLUSHALL' : 'directory removed',
      windowMs: Number.POSITIVE_INFINITY,
      recovers: true,
      levelMs: LEVEL_MS,
      async blow() {
        await (isFlushed ? flushAll(servers.redis.url) : removeFiles(servers.redis));
        return {};
      },
    };
  },
};

async function flushAll(redisUrl: string): Promise<void> {
  const redis = createConnection(redisUrl);
  await redis.connect();
  await redis.flushall();
  redis.disconnect();
}

async function removeFiles(redis: RedisStore): Promise<void> {
  await redis.kill9();
  for (const dir of redis.dirs) {
    fs.rmSync(path.join(dir, 'appendonlydir'), { recursive: true, force: true });
  }
  await redis.restart();
}
