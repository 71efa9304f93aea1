import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counted, type EngineWorld, engineWorld, PARTITIONS, until } from '../test/engine-world.ts';

let world: EngineWorld;
beforeAll(async () => {
  world = await engineWorld();
});
afterAll(() => world.stop());

/**
 * Deposits one by one while a flusher that gathers for so long is at work: as many at least, and on until it has
 * begun more than one transaction, and fewer than there were deposits.
 */
async function deposits(count: number, gatherMs: number) {
  let began = 0;
  let made = 0;
  const events = counted();
  const flusher = world.flusher(`gathers ${gatherMs}`, {
    events,
    checkpoint: (name) => {
      if (name === 'cursors') began += 1;
    },
    settings: { gatherMs },
  });
  await until(async () => flusher.held().size === PARTITIONS);
  const wallet = await world.wallet(1);
  await pause(gatherMs);
  const from = performance.now();
  while (made < count || began < 2 || (began + 2 > made && made < 20 * count)) {
    await world.deposit(1, wallet, 1, `gathered ${gatherMs} ${made}`);
    made += 1;
    await pause(5);
  }
  await world.flushed();
  const tookMs = performance.now() - from;
  await flusher.stop();
  expect(events).toMatchObject({ troubles: 0, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
  return { transactions: began, made, tookMs };
}

test('what comes one by one shares transactions, which begin no sooner than said', async () => {
  const { transactions, made, tookMs } = await deposits(20, 150);
  expect(transactions).toBeGreaterThan(1);
  expect(transactions).toBeLessThanOrEqual(1 + Math.ceil(tookMs / 150));
  expect(transactions).toBeLessThan(made);
});

test('a stop does not wait for it', async () => {
  const flusher = world.flusher('stopped', { settings: { gatherMs: 60_000 } });
  await until(async () => flusher.held().size === PARTITIONS);
  const wallet = await world.wallet(1);
  await world.deposit(1, wallet, 1, 'before');
  await world.flushed();
  await world.deposit(1, wallet, 1, 'after');
  await flusher.stop();
  expect(await world.verify()).toEqual([]);
  await world.flushed();
});
