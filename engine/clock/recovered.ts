// What a partition takes for the time when it opens: this may be another machine's clock than before.

import type { Redis } from 'ioredis';
import type { PartitionState } from '../generated/layouts.ts';
import type { RecoverySource } from '../recovery-source.ts';
import { TRUST_MS } from './timekeeper.ts';
import { rightTime } from './vote.ts';

export interface RecoveredClock {
  readonly nowMs: number;
  readonly shiftMs: number;
  /** By Redis' clock; 0 when nobody watches it. */
  readonly trustedUntilMs: number;
}

interface Doors {
  readonly redis: Pick<Redis, 'time'>;
  readonly recovery: Pick<RecoverySource, 'nowMs'>;
}

/**
 * @param before as it was shut; undefined in an empty Redis
 * @param cursor the ledger's newest entry: time does not go back behind it, also in a Redis that was wiped
 */
export async function clockOf(
  { redis, recovery }: Doors,
  before: PartitionState | undefined,
  cursor: string,
): Promise<RecoveredClock> {
  const shiftBefore = before?.clockShiftMs ?? 0;
  const trustBefore = before?.trustedUntilMs ?? 0;
  const testNowMs = before?.testNowMs ?? 0;
  if (testNowMs > 0) {
    return { nowMs: testNowMs, shiftMs: shiftBefore, trustedUntilMs: trustBefore };
  }
  const postgresMs = await recovery.nowMs?.();
  const redisMs = await timeOf(redis);
  const ownMs = redisMs + shiftBefore;
  // Two that disagree, and nobody else to ask: what was, goes on.
  const rightMs = rightTime(ownMs, Date.now(), postgresMs) ?? ownMs;
  const shiftMs = Math.round(shiftBefore + rightMs - ownMs);
  const newestMs = Number(cursor.split('-')[0]) + shiftBefore;
  return {
    nowMs: Math.max(redisMs + shiftMs, newestMs),
    shiftMs,
    trustedUntilMs: trustBefore > 0 ? redisMs + TRUST_MS : 0,
  };
}

async function timeOf(redis: Pick<Redis, 'time'>): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}
