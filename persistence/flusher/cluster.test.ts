import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys } from '../../engine/index.ts';
import { type TestCluster, testCluster } from '../../testing/services.ts';
import {
  counted,
  depositAgain,
  type EngineWorld,
  engineWorld,
  PARTITIONS,
  until,
} from '../test/engine-world.ts';

const START_MS = 180_000;
const TIMEOUT_MS = 180_000;

let world: EngineWorld;
let redis: TestCluster;
beforeAll(async () => {
  world = await engineWorld(async () => {
    redis = await testCluster();
    return redis;
  });
}, START_MS);
afterAll(() => world.stop(), START_MS);

const deposit = (partition: number, walletId: string) =>
  depositAgain(world, partition, walletId, TIMEOUT_MS);

const walletOfEach = () =>
  Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => world.wallet(partition)));

async function postedOf(walletIds: readonly string[]): Promise<number[]> {
  const rows = await world.sql<{ id: string; posted: number }[]>`
    SELECT wallet_id AS id, posted_micros AS posted FROM wallet_snapshots`;
  return walletIds.map((id) => rows.find((row) => row.id === id)?.posted ?? -1);
}

test('calls and deposits of every master reach the ledger, and verify finds no difference', async () => {
  const masters = new Set(
    await Promise.all(Array.from({ length: PARTITIONS }, (_, p) => redis.masterOf(p))),
  );
  expect(masters.size).toBe(3);
  const events = counted();
  const flusher = world.flusher('masters', { events });
  for (const [partition, wallet] of (await walletOfEach()).entries()) {
    await world.deposit(partition, wallet, 5_000_000, `masters ${wallet}`);
    await world.call(partition, [wallet], `masters ${partition}`, 3);
    await world.call(partition, [wallet], `open ${partition}`, 0);
  }
  await world.flushed();
  await flusher.stop();
  expect(events).toMatchObject({ troubles: 0, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
});

test(
  'a slot that is half moved keeps its own partition waiting, and no other',
  async () => {
    const wallets = await walletOfEach();
    const moving = 1;
    const flusher = world.flusher('moving');
    for (const [partition, wallet] of wallets.entries()) await deposit(partition, wallet);
    await world.flushed();
    const finish = await redis.beginMove(moving, [keys.journal(moving), keys.committed(moving)]);
    const others = wallets.filter((_, partition) => partition !== moving);
    for (const [partition, wallet] of wallets.entries()) {
      if (partition !== moving) await deposit(partition, wallet);
    }
    await until(async () => (await postedOf(others)).every((posted) => posted === 2));
    const stuck = world.deposit(moving, wallets[moving] ?? '', 1, 'stuck');
    await expect(stuck).rejects.toMatchObject({ code: 'recovering' });
    await finish();
    await deposit(moving, wallets[moving] ?? '');
    await world.flushed();
    await flusher.stop();
    expect(await postedOf(wallets)).toEqual(wallets.map(() => 2));
    expect(await world.verify()).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'a master killed, replaced, back and replaced again: what it was told is there once',
  async () => {
    const wallets = await walletOfEach();
    const events = counted();
    const flusher = world.flusher('fallen', { events });
    const depositOnEach = () => Promise.all(wallets.map((id, partition) => deposit(partition, id)));
    await depositOnEach();
    await world.flushed();
    const fallen = await redis.masterOf(1);
    await fallen.kill9();
    await depositOnEach();
    expect(await redis.masterOf(1)).not.toBe(fallen);
    await fallen.start();
    await redis.cluster.ready();
    await redis.handOver(1);
    expect(await redis.masterOf(1)).toBe(fallen);
    await depositOnEach();
    await world.flushed();
    await flusher.stop();
    expect(await postedOf(wallets)).toEqual(wallets.map(() => 3));
    expect(events.quarantine).toBe(0);
    expect(await world.verify()).toEqual([]);
  },
  TIMEOUT_MS,
);
