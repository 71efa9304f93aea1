// Redis' clock jumps, for real: the server runs under a clock that the test sets. Postgres' clock is the
// machine's here.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isCluster } from '../../testing/redis.ts';
import { canShiftClock, type ShiftedClock, shiftedClock } from '../../testing/shifted-clock.ts';
import { createEngine, type Engine } from '../engine.ts';
import { unpackPartitionState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import { PARTITION, World } from '../test/world.ts';
import type { ClockEvent } from './timekeeper.ts';

const HOUR = 3_600_000;
const SOON = { timeout: 60_000, interval: 50 };
const CLOSE_MS = 8_000;

let clock: ShiftedClock;
let world: World;
let events: ClockEvent[];
let begunMs: number;
const others: Engine[] = [];
const onClock = (event: ClockEvent) => void events.push(event);

async function fence() {
  const packed = await world.raw.getBuffer(keys.partition(PARTITION));
  return unpackPartitionState(packed ?? undefined);
}

/** Somebody has proven it, as the first look of a process does. */
const isWatched = () => expect.poll(async () => (await fence()).trustedUntilMs, SOON).not.toBe(0);

const shiftOf = (engine: Engine) => () => Math.round(engine.status().clock.shiftMs / HOUR) || 0;

/** Another process on the same Redis and ledger. */
async function another(): Promise<Engine> {
  const { ledger, redis } = world;
  const options = { redisUrl: redis.url, partitions: 1, ledger, recovery: ledger, onClock };
  const engine = await createEngine(options);
  others.push(engine);
  await engine.opened();
  return engine;
}

beforeEach(async () => {
  if (!canShiftClock || isCluster) return;
  events = [];
  clock = shiftedClock();
  world = await clock.around(() => World.open({ onClock }));
});
afterEach(async () => {
  if (!canShiftClock || isCluster) return;
  for (const engine of others.splice(0)) await engine.stop();
  await world.close();
  clock.remove();
});

/** A live call, one that rings, and a hold that expires in some minutes. */
async function lives(): Promise<string> {
  const wallet = await world.wallet(10_000_000);
  begunMs = performance.now();
  await world.engine.authorize(world.call('live', [wallet]));
  await world.engine.start(world.ref('live'));
  await world.engine.authorize(world.call('rings', [wallet]));
  const amount = { kind: 'amount', callId: '', ttlMs: 600_000 } as const;
  await world.engine.authorize(world.call('amount', [wallet], amount));
  return wallet;
}

const expire = (name: string) => world.engine.expire({ ...world.ref(name), hasProvider: false });

async function nothingHasExpired(): Promise<void> {
  for (const name of ['live', 'rings', 'amount'])
    expect((await expire(name)).status).toBe('not_due');
  const beforeMs = Date.now();
  const check = await world.engine.check({ ...world.ref('live'), proofOfLife: true });
  const [afterMs, lastedMs] = [Date.now(), performance.now() - begunMs];
  expect(check).toMatchObject({ hold: { state: 'live', finalReason: '' } });
  if (!('nowMs' in check)) throw new Error(check.status);
  expect(check.nowMs).toBeGreaterThan(beforeMs - CLOSE_MS);
  expect(check.nowMs).toBeLessThan(afterMs + CLOSE_MS);
  expect(check.hold.coveredMs).toBeLessThan(75_000 + lastedMs + CLOSE_MS);
}

describe.skipIf(!canShiftClock || isCluster)(
  "Redis' clock jumps (skipped without a C compiler)",
  () => {
    test('an hour ahead: nothing expires, not for a moment, and time goes on as before', async () => {
      await lives();
      await isWatched();
      clock.shift(HOUR);
      await nothingHasExpired();
      expect((await world.engine.due(PARTITION, 10, 1_000)).members).toEqual([]);
      await expect.poll(shiftOf(world.engine), SOON).toBe(-1);
      await nothingHasExpired();
      expect(events).toMatchObject([{ kind: 'jumped', partition: PARTITION }]);
      expect(world.engine.status().clock.proven).toBe(true);
    });

    test('an hour back: what is due comes due in its time, not an hour later', async () => {
      const wallet = await world.wallet(1_000_000);
      await isWatched();
      const short = { kind: 'amount', callId: '', ttlMs: 4_000 } as const;
      await world.engine.authorize(world.call('short', [wallet], short));
      clock.shift(-HOUR);
      await expect.poll(async () => (await expire('short')).status, SOON).toBe('done');
      await expect.poll(shiftOf(world.engine), SOON).toBe(1);
      await expect.poll(() => events, SOON).toMatchObject([{ kind: 'jumped' }]);
    });

    test('is mended once, however many processes see it', async () => {
      await lives();
      const second = await another();
      await isWatched();
      clock.shift(HOUR);
      await expect.poll(shiftOf(world.engine), SOON).toBe(-1);
      await expect.poll(shiftOf(second), SOON).toBe(-1);
      expect(events).toHaveLength(1);
      clock.shift(0);
      await expect.poll(shiftOf(world.engine), SOON).toBe(0);
      await expect.poll(shiftOf(second), SOON).toBe(0);
      expect(events).toHaveLength(2);
      await nothingHasExpired();
    });

    test('while no process runs: the next one asks the other clocks before it does anything', async () => {
      await lives();
      await isWatched();
      await world.engine.stop();
      clock.shift(HOUR);
      const next = await another();
      expect(shiftOf(next)()).toBe(-1);
      expect(events).toMatchObject([{ kind: 'set' }]);
      const expired = await next.expire({ ...world.ref('amount'), hasProvider: false });
      expect(expired.status).toBe('not_due');
    });

    test('while no process runs and Postgres is away: nothing comes due until it can be asked', async () => {
      await lives();
      await isWatched();
      await world.engine.stop();
      clock.shift(HOUR);
      world.ledger.postgresMs = () => {
        throw new Error('away');
      };
      const next = await another();
      expect(next.status().clock.proven).toBe(false);
      expect(events).toMatchObject([{ kind: 'unproven' }]);
      expect((await next.due(PARTITION, 10, 1_000)).members).toEqual([]);
      world.ledger.postgresMs = Date.now;
      await expect.poll(() => next.status().clock.proven, SOON).toBe(true);
      expect(shiftOf(next)()).toBe(-1);
    });

    test('under a Redis that is restarted: it opens with the right time', async () => {
      await lives();
      await isWatched();
      await world.flush();
      await world.redis.kill9();
      clock.shift(HOUR);
      await clock.around(() => world.redis.restart());
      await expect
        .poll(() => nothingHasExpired().then(() => 'as before', String), SOON)
        .toBe('as before');
      expect(Math.round((await fence()).clockShiftMs / HOUR)).toBe(-1);
    });
  },
);
