import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import type { RedisNode } from '../scripts/redis-node.mjs';
import { type RunningSentinels, startSentinels } from '../scripts/redis-sentinel.mjs';
import { emptied } from './emptied.ts';
import { removeFolder } from './folder.ts';
import type { TestRedis } from './redis.ts';
import { writeOut } from './written.ts';

export interface TestSentinels extends TestRedis {
  readonly sentinels: RunningSentinels;
}

/** A master that the machine holds up for a moment is not dead: nobody may take its place unasked. */
const SILENT_MS = 4_000;

/**
 * A master with two replicas and three Sentinels of the caller's own. Call it in `beforeAll`, and `stop()`
 * in `afterAll`. As a `TestRedis` its `kill9` and `restart` are those of whoever is the master.
 */
export async function testSentinels(settings: readonly string[] = []): Promise<TestSentinels> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-sentinels-'));
  const sentinels = await startSentinels({
    dir,
    downAfterMs: SILENT_MS,
    settings: [...settings],
  });
  let killed: RedisNode = await sentinels.master();
  const connect = async () => {
    const redis = new Redis((await sentinels.master()).url, { maxRetriesPerRequest: 0 });
    redis.on('error', () => undefined);
    return redis;
  };
  return {
    sentinels,
    url: sentinels.url,
    port: killed.port,
    dir,
    connect,
    async kill9() {
      killed = await sentinels.master();
      await writeOut(killed.url);
      await killed.kill9();
    },
    async restart() {
      await killed.stop();
      await killed.start();
      await sentinels.ready();
    },
    async wipe() {
      const redis = await connect();
      await emptied(redis);
      redis.disconnect();
    },
    async stop() {
      await sentinels.stop();
      removeFolder(dir);
    },
  };
}
