import fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { RedisPartition } from '../model/test/redis-partition.ts';
import { live } from './test/lives.ts';
import { REGRESSIONS } from './test/regressions.ts';
import { life } from './test/steps.ts';

// RINGFENCE_SEQUENCE_RUNS lives instead of the smoke's, RINGFENCE_SEQUENCE_SEED to see one again.
const RUNS = Number(process.env.RINGFENCE_SEQUENCE_RUNS ?? 60);
const SEED = Number(process.env.RINGFENCE_SEQUENCE_SEED ?? Date.now() % 2 ** 31);
const PROCESSES = 5;
// Says that it is stuck. Shrinking ends in time for the smallest failing life so far to be printed.
const LIMIT_MS = 300_000 + RUNS * 200;

let redis: RedisPartition;
beforeAll(async () => {
  redis = await RedisPartition.open(PROCESSES);
});
afterAll(() => redis.close());

describe('command sequences', () => {
  test.each(Object.entries(REGRESSIONS))('no more: %s', (_, one) => live(redis, one));

  test(
    'Redis and the model agree after every step of a random life, and I1-I6, I8, I9 hold',
    async () => {
      console.log(`${RUNS} sequences from seed ${SEED}`);
      await fc.assert(
        fc.asyncProperty(life, (one) => live(redis, one)),
        {
          numRuns: RUNS,
          seed: SEED,
          interruptAfterTimeLimit: LIMIT_MS,
          markInterruptAsFailure: true,
        },
      );
    },
    LIMIT_MS + 5_000,
  );
});
