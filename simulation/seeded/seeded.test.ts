import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { BROKEN_BUILDS, breakScript } from './broken-builds.ts';
import { runSeed } from './run-seed.ts';
import { runSeeds } from './seeds.ts';
import { type Addresses, openStores } from './stores.ts';

const SEEDS = 3;
const STEPS = 100;
/** The short form; the command looks for 50. */
const MUTATION_SEEDS = 12;
const TIMEOUT_MS = 900_000;

let redis: TestRedis;
let database: TestDatabase;
let lane: Addresses;
beforeAll(async () => {
  redis = await testRedis(['--enable-debug-command', 'local']);
  database = await testDatabase();
  const url = new URL(database.url);
  url.searchParams.set('synchronous_commit', 'off');
  lane = { redisUrl: redis.url, databaseUrl: url.href };
});
afterAll(async () => {
  await redis.stop();
  await database.drop();
});

describe('a seeded world: short form of simulate --world', () => {
  test(
    'whatever a seed brings about, after each event all invariants hold',
    async () => {
      const violated = await runSeeds([lane], { first: 1, count: SEEDS, steps: STEPS });
      expect(violated.map(({ seed, violation }) => ({ seed, violation }))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'a seed repeats a run, event by event and answer by answer',
    async () => {
      const stores = await openStores(lane);
      try {
        const first = await runSeed(stores, { seed: SEEDS, steps: STEPS });
        const second = await runSeed(stores, { seed: SEEDS, steps: STEPS });
        expect(second.trace).toEqual(first.trace);
      } finally {
        await stores.close();
      }
    },
    TIMEOUT_MS,
  );

  test.each(BROKEN_BUILDS)(
    'a build is found broken in which $what',
    async (broken) => {
      const mend = breakScript(broken);
      const count = MUTATION_SEEDS;
      const options = { first: 1, count, steps: STEPS, broken, untilFirst: true };
      // Other files of this worker have the same scripts.
      const violated = await runSeeds([lane], options).finally(mend);
      expect(violated).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});
