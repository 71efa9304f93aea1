import { describe, expect, test } from 'vitest';
import { Problem } from './problem.ts';
import { createRateLimit } from './rate-limit.ts';

describe('the rate limit', () => {
  test('refuses a key past its limit with Retry-After, and no other key', async () => {
    const limit = createRateLimit(3);
    for (let i = 0; i < 3; i++) await limit.take('key_1');
    const refused = await limit.take('key_1').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(refused).toMatchObject({
      code: 'rate_limited',
      status: 429,
      headers: { 'retry-after': '1' },
    });
    await limit.take('key_2');
  });
});
