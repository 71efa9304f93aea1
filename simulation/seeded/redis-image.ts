/** Everything a Redis holds at one moment, and the way back to it: what a lost fsync window looks like. */
import type { Redis } from 'ioredis';

interface Kept {
  readonly key: string;
  readonly dump: Buffer;
  /** 0: for ever. */
  readonly ttlMs: number;
}

export type RedisImage = readonly Kept[];

/** Redis at a moment, and how many mutations of each partition it knew. */
export interface Mark {
  readonly image: RedisImage;
  readonly counts: readonly number[];
}

export const NOTHING: RedisImage = [];

export async function takeImage(redis: Redis): Promise<RedisImage> {
  const keys = await redis.keys('*');
  if (keys.length === 0) return NOTHING;
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.callBuffer('DUMP', key).pttl(key);
  const replies = valuesOf(await pipeline.exec());
  return keys.flatMap((key, i) => {
    const dump = replies[2 * i];
    const ttlMs = Math.max(0, Number(replies[2 * i + 1]));
    return Buffer.isBuffer(dump) ? [{ key, dump, ttlMs }] : [];
  });
}

/** Redis holds what it held then, and nothing else. Its scripts are another matter. */
export async function putBack(redis: Redis, image: RedisImage): Promise<void> {
  const pipeline = redis.pipeline();
  pipeline.flushall();
  for (const { key, dump, ttlMs } of image) pipeline.restore(key, ttlMs, dump);
  valuesOf(await pipeline.exec());
}

/** The replies of a pipeline. @throws the first error among them */
export function valuesOf(replies: [Error | null, unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
