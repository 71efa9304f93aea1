import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem.ts';

/** Counts requests per API key. Webhooks and status checks never come here. */
export interface RateLimit {
  /**
   * @param requests as which this one counts; a batch is as many as it has items
   * @throws Problem rate_limited with Retry-After in whole seconds.
   */
  take(keyId: string, requests?: number): Promise<void>;
}

/**
 * A limit per key, per process and per second. It keeps one runaway key from starving the others;
 * it is no quota, so it lives in memory and costs no round trip.
 */
export function createRateLimit(requestsPerSecond: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: requestsPerSecond, duration: 1 });
  return {
    async take(keyId, requests = 1) {
      try {
        await limiter.consume(keyId, requests);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
        throw new Problem(
          'rate_limited',
          `This key made more than ${requestsPerSecond} requests in a second.`,
          {
            headers: { 'retry-after': String(seconds) },
            details: { limit_per_second: requestsPerSecond, retry_after_seconds: seconds },
          },
        );
      }
    },
  };
}
