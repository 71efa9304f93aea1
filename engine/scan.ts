// The keys of one partition, found by walking over all keys of its master: for commands only, never for
// an operation.

import type { Redis } from 'ioredis';

/** Keys looked at in one step; Redis serves others between two steps. */
const STEP = 1_000;

/**
 * Yields the keys that match, in pages. What is there during the whole walk is found at least once; a key
 * may come twice.
 * @param pattern as SCAN takes it
 */
export async function* scanKeys(redis: Redis, pattern: string): AsyncGenerator<string[], void> {
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', STEP);
    cursor = next;
    if (found.length > 0) yield found;
  } while (cursor !== '0');
}
