/** A Redis that cannot take any more: what it has goes into the ledger, and room is made. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, OutageError } from '../../engine/index.ts';
import { fullDisk, hasFullDisk } from '../../testing/services.ts';
import { trimPartition } from '../retention.ts';
import { counted, type EngineWorld, engineWorld, until } from '../test/engine-world.ts';

let world: EngineWorld;
let raw: Redis;
beforeAll(async () => {
  world = await engineWorld();
  raw = await world.redis.connect(1);
});
afterAll(async () => {
  raw.disconnect();
  await world.stop();
});

const FULL = { name: 'OutageError', code: 'engine_full' };

async function rowsOf(walletId: string): Promise<number> {
  const [row] = await world.sql<{ rows: number }[]>`
    SELECT count(*)::int AS rows FROM ledger_entries WHERE wallet_id = ${walletId}`;
  return row?.rows ?? 0;
}

/** Redis knows as well as Postgres how far the ledger is. */
async function told(partition: number): Promise<boolean> {
  const [cursor] = await world.sql<{ streamId: string }[]>`
    SELECT stream_id AS "streamId" FROM journal_cursors WHERE partition = ${partition}`;
  return (await raw.get(keys.committed(partition))) === cursor?.streamId;
}

test('memory full: ends are flushed one after the other, trimmed, and so room is made', async () => {
  const events = counted();
  const flusher = world.flusher('full', { events });
  const wallet = await world.wallet(1);
  await world.deposit(1, wallet, 50_000_000, `full ${wallet}`);
  for (const name of ['one', 'two', 'three']) await world.call(1, [wallet], `full ${name}`, 0);
  await world.flushed();
  await raw.config('SET', 'maxmemory', '1');
  await expect(world.deposit(1, wallet, 1, 'refused')).rejects.toMatchObject(FULL);
  for (const name of ['one', 'two', 'three']) {
    const before = await rowsOf(wallet);
    await world.endCall(1, `full ${name}`, 3);
    await until(async () => (await rowsOf(wallet)) > before);
  }
  await until(() => told(1));
  const { journal } = world.engine;
  const pressed = { journal, held: () => new Set([1]), pressed: () => true };
  expect(await trimPartition(pressed, 1, Date.now())).toBeGreaterThan(5);
  await raw.config('SET', 'maxmemory', '256mb');
  await world.deposit(1, wallet, 1, 'taken');
  await world.flushed();
  await flusher.stop();
  expect(events).toMatchObject({ troubles: 0, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
});

test.skipIf(!hasFullDisk)(
  'disk full: all that is acknowledged goes into the ledger, and outlives a Redis that dies then',
  async () => {
    const disk = fullDisk(world.redis);
    const wallet = await world.wallet(2);
    let acknowledged = 0;
    const deposit = async () => {
      await world.deposit(2, wallet, 1, `disk ${acknowledged}`);
      acknowledged += 1;
    };
    /** Deposits until Redis has noticed that it cannot write. */
    const untilRefused = () =>
      until(() =>
        deposit().then(
          () => false,
          (error: unknown) => error instanceof OutageError && error.code === FULL.code,
        ),
      );
    while (acknowledged < 20) await deposit();
    await disk.fill();
    await untilRefused();
    const { sequence } = (await world.engine.wallets(2, [wallet])).get(wallet) ?? {};
    expect(sequence).toBe(acknowledged);
    const events = counted();
    const flusher = world.flusher('disk', { events, settings: { batchEntries: 3 } });
    await world.flushed();
    expect(await rowsOf(wallet)).toBe(acknowledged);
    expect(events).toMatchObject({ troubles: 0, quarantine: 0 });

    // The write that fails has to be a deposit: the flusher's or the clock's may come before it.
    await until(async () => {
      await disk.free();
      await until(() => told(2));
      const before = acknowledged;
      await disk.fill(untilRefused);
      return acknowledged > before;
    });
    await world.flushed();
    await world.redis.kill9();
    await disk.free();
    await world.redis.restart();
    await until(() =>
      deposit().then(
        () => true,
        () => false,
      ),
    );
    await world.flushed();
    await flusher.stop();
    expect(await rowsOf(wallet)).toBe(acknowledged);
    expect(await world.verify()).toEqual([]);
  },
);
