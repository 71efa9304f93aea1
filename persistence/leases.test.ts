import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLeases } from './leases.ts';
import { until } from './test/engine-world.ts';
import { type LedgerWorld, ledgerWorld } from './test/ledger-world.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
  await world.sql`
    INSERT INTO journal_cursors (partition) SELECT generate_series(0, 9)`;
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.sql`DELETE FROM partition_leases`;
  await world.sql`DELETE FROM flusher_members`;
});

const process = (owner: string, ttlMs = 60_000) => createLeases(world.sql, { owner, ttlMs });

test('one process takes all; a second gets its half as the first gives it up', async () => {
  const [one, two] = [process('one'), process('two')];
  expect((await one.renew()).size).toBe(10);
  expect((await two.renew()).size).toBe(0);
  expect((await one.renew()).size).toBe(5);
  expect((await two.renew()).size).toBe(5);
  const all = new Set([...one.held(), ...two.held()]);
  expect(all.size).toBe(10);
});

test('ten processes at once never hold a partition twice', async () => {
  const all = Array.from({ length: 10 }, (_, n) => process(`p${n}`));
  const sizes = () => all.map((leases) => leases.held().size);
  for (let round = 0; round < 20 && sizes().some((size) => size !== 1); round += 1) {
    await Promise.all(all.map((leases) => leases.renew()));
    const held = all.flatMap((leases) => [...leases.held()]);
    expect(new Set(held).size).toBe(held.length);
  }
  expect(sizes()).toEqual(Array(10).fill(1));
});

test('what a dead process held is taken over after its lease has run out', async () => {
  const [dead, alive] = [process('dead', 100), process('alive')];
  await dead.renew();
  await until(async () => dead.held().size === 0); // it stops by itself, without being told
  await until(async () => (await alive.renew()).size === 10);
});

test('a process that stops gives everything back at once', async () => {
  const [one, two] = [process('one'), process('two')];
  await one.renew();
  await one.release();
  expect(one.held().size).toBe(0);
  expect((await two.renew()).size).toBe(10);
});
