/** A recovery that fails or dies anywhere on its way: in the end the gate opens, nothing lost or doubled. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EVERY_ANOMALY,
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { openStores, type Stores } from './stores.ts';
import { COMES_BACK, type StruckGate, struckGate } from './test/struck-gate.ts';
import { STORES } from './test/wire-doors.ts';

const WAYS = [
  { way: 'unsent', failure: 'unsent', dies: false },
  { way: 'unanswered', failure: 'unanswered', dies: false },
  { way: 'the death of the process', failure: 'unanswered', dies: true },
] as const;
/** The short form strikes every so many requests, each way beginning so much later than the one before. */
const STRIDE = EVERY_ANOMALY ? 1 : 33;
const APART = EVERY_ANOMALY ? 0 : 4;
/** No recovery of two partitions asks more. */
const REQUESTS_MAX = 500;
const TIMEOUT_MS = 600_000;

let redis: TestRedis;
let database: TestDatabase;
let stores: Stores;
let gate: StruckGate;
beforeAll(async () => {
  [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  stores = await openStores({ redisUrl: redis.url, databaseUrl: database.url });
  gate = await struckGate(stores);
});
afterAll(async () => {
  await gate.stop();
  await stores.close();
  await redis.stop();
  await database.drop();
});

describe.each(COMES_BACK)('Redis comes back %s', (comesBack) => {
  test.each(STORES)(
    'each request of the recovery to %s fails in each way: it opens, nothing lost or doubled',
    async (store) => {
      for (const [i, { way, failure, dies }] of WAYS.entries()) {
        let blows = 0;
        for (let n = 1 + i * APART; n < REQUESTS_MAX; n += STRIDE) {
          const { struck, faults } = await gate.recover(comesBack, { store, n, failure, dies });
          expect(faults, `request ${n}: ${way}`).toEqual([]);
          if (!struck) break;
          blows += 1;
        }
        expect(blows).toBeGreaterThan(0);
      }
    },
    TIMEOUT_MS,
  );
});
