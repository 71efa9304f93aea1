/**
 * A full disk under a Redis: its append-only file goes on in `/dev/full`, where every write fails with
 * ENOSPC. Redis keeps answering reads and refuses everything else with MISCONF until a write succeeds.
 */
import fs from 'node:fs';
import path from 'node:path';
import { waitUntil } from '../scripts/processes.mjs';
import { isCluster, type TestRedis } from './redis.ts';

const DEVICE = '/dev/full';
const REWRITTEN_MS = 60_000;

/** Linux has the device, others have not, and a cluster has many files: tests are skipped there. */
export const hasFullDisk = !isCluster && fs.existsSync(DEVICE);

export interface FullDisk {
  /**
   * The next write fails; it is acknowledged all the same, and Redis refuses what comes after it.
   * @param first done as soon as that is so: whatever else writes now and then has hardly a chance before it
   */
  fill(first?: () => Promise<unknown>): Promise<void>;
  /** There is room again. While Redis is down, what it could not write is lost. */
  free(): Promise<void>;
}

export function fullDisk(redis: Pick<TestRedis, 'dir' | 'connect'>): FullDisk {
  const folder = path.join(redis.dir, 'appendonlydir');
  let link = '';
  return {
    async fill(first) {
      const numbers = fs.readdirSync(folder).map((name) => /\.(\d+)\.incr\.aof$/.exec(name)?.[1]);
      const next = Math.max(...numbers.map((number) => Number(number ?? 0))) + 1;
      link = path.join(folder, `appendonly.aof.${next}.incr.aof`);
      fs.symlinkSync(DEVICE, link);
      await goOnInNextFile(redis, first);
    },
    async free() {
      const isAlive = await goOnInNextFile(redis).then(
        () => true,
        () => false,
      );
      if (isAlive) return;
      fs.rmSync(link);
      fs.writeFileSync(link, '');
    },
  };
}

/** A rewrite is what makes Redis go on in another file: it does so at once, and takes its time afterwards. */
async function goOnInNextFile(
  redis: Pick<TestRedis, 'connect'>,
  first: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  const connection = await redis.connect();
  try {
    const isIdle = async () =>
      !/aof_rewrite_(in_progress|scheduled):1/.test(await connection.info('persistence'));
    await connection.bgrewriteaof();
    await first();
    if (!(await waitUntil(isIdle, REWRITTEN_MS))) throw new Error('the rewrite does not end');
  } finally {
    connection.disconnect();
  }
}
