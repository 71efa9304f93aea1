/** Redis wiped after any journal entry: everything in the ledger comes back whole, the rest is gone whole. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EVERY_ANOMALY,
  type TestDatabase,
  type TestRedis,
  testDatabase,
  testRedis,
} from '../../testing/services.ts';
import { openStores, type Stores } from './stores.ts';
import { FLUSHED, type Wipe, wipedAfter } from './test/wiped-after.ts';

/** The short form takes every so many entries. */
const STRIDE = EVERY_ANOMALY ? 1 : 20;
const TIMEOUT_MS = 600_000;

let redis: TestRedis;
let database: TestDatabase;
let stores: Stores;
/** Journal entries of the script when nothing is lost. */
let all: number;
beforeAll(async () => {
  [redis, database] = await Promise.all([
    testRedis(['--enable-debug-command', 'local']),
    testDatabase(),
  ]);
  const url = new URL(database.url);
  url.searchParams.set('synchronous_commit', 'off');
  stores = await openStores({ redisUrl: redis.url, databaseUrl: url.href });
  const never = { entries: Number.POSITIVE_INFINITY, flushed: 'nothing', dies: false } as const;
  const calm = await wipedAfter(stores, never);
  expect(calm).toMatchObject({ wiped: false, lost: 0, faults: [] });
  all = calm.mutations;
}, 180_000);
afterAll(async () => {
  await stores.close();
  await redis.stop();
  await database.drop();
});

describe.each([
  ['its process lives', false],
  ['its process dies', true],
] as const)('Redis wiped after a journal entry, %s', (_, dies) => {
  test.each(FLUSHED)(
    'the flusher has moved %s: no mutation is half applied, all invariants hold',
    async (flushed) => {
      let wipes = 0;
      let lost = 0;
      // Each way begins at another entry, so that the short form meets more of them.
      const first = 1 + ((FLUSHED.indexOf(flushed) * 3 + (dies ? 1 : 0)) % STRIDE);
      for (let entries = first; entries <= all; entries += STRIDE) {
        const moment: Wipe = { entries, flushed, dies };
        const report = await wipedAfter(stores, moment);
        expect(report, JSON.stringify(moment)).toMatchObject({ wiped: true, faults: [] });
        wipes += 1;
        lost += report.lost;
      }
      console.info(`${wipes} wipes of ${all} entries, ${lost} unflushed mutations lost`);
      expect(wipes).toBeGreaterThan(1);
      // What was flushed is not lost.
      if (flushed === 'everything') expect(lost).toBe(0);
      else expect(lost).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
