/** Redis loses everything: everything comes back from Postgres, live calls included. */
import fs from 'node:fs';
import path from 'node:path';
import { createConnection } from '../../../engine/index.ts';
import type { Scenario } from '../scenario.ts';
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
      async blow() {
        const { redis } = servers;
        return { struckAtMs: await (isFlushed ? flushAll(redis.url) : remove(redis)) };
      },
    };
  },
};

/** @returns when nothing was left, epoch ms */
async function flushAll(redisUrl: string): Promise<number> {
  const redis = createConnection(redisUrl);
  await redis.connect();
  await redis.flushall();
  const struckAtMs = Date.now();
  redis.disconnect();
  return struckAtMs;
}

async function remove(redis: RedisStore): Promise<number> {
  await redis.kill9();
  const struckAtMs = Date.now();
  for (const dir of redis.dirs) {
    fs.rmSync(path.join(dir, 'appendonlydir'), { recursive: true, force: true });
  }
  await redis.restart();
  return struckAtMs;
}
