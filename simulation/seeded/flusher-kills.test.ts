/** A flusher that fails or dies anywhere on its way leaves the ledger that the model says. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { openStores, type Stores } from './stores.ts';
import { strikeFlushers } from './test/flusher-blows.ts';

/** Of `npm test`: one round. As many as wanted: docs/SIMULATION.md. */
const BLOWS = Number(process.env.RINGFENCE_FLUSHER_KILLS ?? 12);
const MS_PER_BLOW = 2_000;
const SEED = 7;

let redis: TestRedis;
let database: TestDatabase;
let stores: Stores;
beforeAll(async () => {
  [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  stores = await openStores({ redisUrl: redis.url, databaseUrl: database.url });
});
afterAll(async () => {
  await stores.close();
  await redis.stop();
  await database.drop();
});

test.each([
  ['killed', true],
  ['cut off, and going on,', false],
] as const)(
  '%s at each of its requests in turn, the ledger is the model row for row',
  async (how, die) => {
    const startedMs = performance.now();
    const report = await strikeFlushers(stores, { seed: SEED, blows: BLOWS, die });
    const { places, rounds, mutations, rows, holds } = report;
    console.info(
      `${report.blows} flushers ${how} at ${places.redis} requests of Redis and ` +
        `${places.postgres} of Postgres, ${rounds} rounds: ${mutations} mutations, ${rows} rows, ` +
        `${holds} holds; ${Math.round((performance.now() - startedMs) / 1_000)} s`,
    );
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ blows: BLOWS, differences: 0 });
  },
  300_000 + BLOWS * MS_PER_BLOW,
);
