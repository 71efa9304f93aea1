import { Redis } from 'ioredis';

/** A server that does not answer by then is stuck, or has no room: it is killed as it is. */
const ANSWERED_MS = 3_000;

/**
 * Resolves when what Redis has acknowledged is in its file. One that syncs each second answers before that
 * while the disk is busy, and a kill would take what was answered. What a crash may lose is for tests that
 * cut the file; others are not to lose anything by chance.
 */
export async function writeOut(url: string): Promise<void> {
  const redis = new Redis(url, {
    connectTimeout: ANSWERED_MS,
    commandTimeout: ANSWERED_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    const [, usual = 'everysec'] = (await redis.config('GET', 'appendfsync')) as string[];
    // Under `always` every answer, this one too, comes after what was acknowledged before it was written.
    await redis.config('SET', 'appendfsync', 'always');
    await redis.config('SET', 'appendfsync', usual);
  } catch {
    // It is about to die anyway.
  } finally {
    redis.disconnect();
  }
}
