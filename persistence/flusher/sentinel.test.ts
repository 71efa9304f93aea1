import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestSentinels, testSentinels } from '../../testing/services.ts';
import {
  counted,
  depositAgain,
  type EngineWorld,
  engineWorld,
  untilNoOutage,
} from '../test/engine-world.ts';

const LIMIT_MS = 180_000;
const PARTITION = 1;
const DEPOSITS = 10;

let world: EngineWorld;
let redis: TestSentinels;
beforeAll(async () => {
  world = await engineWorld(async () => {
    redis = await testSentinels();
    return redis;
  });
}, LIMIT_MS);
afterAll(() => world.stop(), LIMIT_MS);

test(
  'a master cut off from its Sentinels and replicas is left, though it still answers',
  async () => {
    const wallet = await world.wallet(PARTITION);
    const events = counted();
    const flusher = world.flusher('isolated', { events });
    const deposits = async () => {
      for (let n = 0; n < DEPOSITS; n += 1) await depositAgain(world, PARTITION, wallet, LIMIT_MS);
    };
    // The master may change while it is asked.
    const posted = async () => {
      const found = await untilNoOutage(() => world.engine.wallets(PARTITION, [wallet]));
      return found.get(wallet)?.postedMicros ?? 0;
    };
    await deposits();
    const old = await redis.sentinels.master();
    await redis.sentinels.isolate(old);
    await deposits(); // The old master takes them, and nobody but the flusher passes them on.
    await world.flushed();
    const before = await posted();
    expect(before).toBeGreaterThan(DEPOSITS);
    const master = await redis.sentinels.successor(old);
    const clients = () => old.ask(async (r) => String(await r.call('CLIENT', 'LIST')));
    await expect.poll(clients, { timeout: LIMIT_MS }).not.toContain('name=ringfence-operations');
    await deposits();
    await world.flushed();
    await flusher.stop();
    expect((await master.ask((r) => r.role()))[0]).toBe('master');
    expect(await posted()).toBe(before + DEPOSITS);
    expect(events.quarantine).toBe(0);
    expect(await world.verify()).toEqual([]);
  },
  LIMIT_MS,
);
