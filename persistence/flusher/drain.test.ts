/** Recovery and the journal that Redis kept: what is settled is not gone through again, a fork is found. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, OutageError } from '../../engine/index.ts';
import { type EngineWorld, engineWorld, until } from '../test/engine-world.ts';

const PARTITION = 1;

let world: EngineWorld;
let raw: Redis;
beforeAll(async () => {
  world = await engineWorld();
  raw = await world.redis.connect(PARTITION);
});
afterAll(async () => {
  raw.disconnect();
  await world.stop();
});

/** Deposits one micro so many times. */
async function deposits(walletId: string, name: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await world.deposit(PARTITION, walletId, 1, `${walletId} ${name} ${n}`);
  }
}

async function flushOnce(): Promise<void> {
  const flusher = world.flusher('once');
  await world.flushed();
  await flusher.stop();
}

/** Closes the gate as after a failover. @returns how the partition was recovered */
async function recovered(walletId: string) {
  const before = world.gate.length;
  await world.engine.closeGate('test');
  await raw.del(keys.master(PARTITION));
  await until(async () => {
    try {
      await world.engine.wallets(PARTITION, [walletId]);
      return true;
    } catch (error) {
      if (error instanceof OutageError) return false;
      throw error;
    }
  });
  await world.engine.opened();
  const results = world.gate
    .slice(before)
    .flatMap((event) => (event.kind === 'partition' ? [event.result] : []));
  return results.find((result) => result.partition === PARTITION);
}

test('what the ledger has is not gone through again, however much of it is kept', async () => {
  const wallet = await world.wallet(PARTITION);
  await deposits(wallet, 'kept', 120);
  await flushOnce();
  expect(await recovered(wallet)).toMatchObject({ drained: 0, forked: [] });
  await deposits(wallet, 'unflushed', 7);
  expect(await recovered(wallet)).toMatchObject({ drained: 7, forked: [] });
  const [row] = await world.sql<{ posted: number }[]>`
    SELECT posted_micros AS posted FROM wallet_snapshots WHERE wallet_id = ${wallet}`;
  expect(row?.posted).toBe(127);
  expect(await world.verify()).toEqual([]);
});

test('a master that had gone on by itself comes back: its own entries before the cursor are forks', async () => {
  const wallet = await world.wallet(PARTITION);
  await deposits(wallet, 'common', 80);
  await flushOnce();
  const names = [keys.wallet(PARTITION, wallet), keys.journal(PARTITION)];
  const image = () => Promise.all(names.map((name) => raw.dumpBuffer(name)));
  const put = async (values: (Buffer | null)[]) => {
    for (const [n, name] of names.entries()) {
      await raw.restore(name, 0, values[n] ?? Buffer.alloc(0), 'REPLACE');
    }
  };
  const common = await image();
  await deposits(wallet, 'isolated', 60);
  const isolated = await image();
  await put(common);
  await deposits(wallet, 'promoted', 70);
  await flushOnce();
  await put(isolated);
  expect(await recovered(wallet)).toMatchObject({ forked: [wallet] });
  const rows = await world.sql<{ mutation: string }[]>`
    SELECT DISTINCT mutation_id AS mutation FROM ledger_quarantine
    WHERE wallet_ids @> ${[wallet]}::text[]`;
  expect(rows).toHaveLength(60);
  const found = (await world.engine.wallets(PARTITION, [wallet])).get(wallet);
  expect(found).toMatchObject({ postedMicros: 150, sequence: 150, quarantined: true });
});
