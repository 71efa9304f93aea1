import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counted, type EngineWorld, engineWorld, PARTITIONS, until } from '../test/engine-world.ts';

let world: EngineWorld;
beforeAll(async () => {
  world = await engineWorld();
});
afterAll(() => world.stop());

let works = 0;

/** Deposits and calls on new wallets of every partition, all at once. */
async function work(calls: number): Promise<void> {
  works += 1;
  const prefix = `work ${works}`;
  await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, partition) => {
      const [client, agency] = [await world.wallet(partition), await world.wallet(partition)];
      await world.deposit(partition, client, 50_000_000, `${prefix} ${client}`);
      await world.deposit(partition, agency, 50_000_000, `${prefix} ${agency}`);
      await Promise.all(
        Array.from({ length: calls }, (__, n) =>
          world.call(partition, [client, agency], `${prefix} ${partition} ${n}`, n % 5),
        ),
      );
    }),
  );
}

async function ledgerCounts() {
  const [row] = await world.sql<{ rows: number; distinct: number }[]>`
    SELECT count(*) AS rows, count(DISTINCT (wallet_id, sequence)) AS distinct
    FROM ledger_entries`;
  return row;
}

test('what the engine did is in the ledger, and verify finds no difference before or after', async () => {
  await work(20);
  expect(await world.verify()).toEqual([]); // the whole journal is still unflushed
  const events = counted();
  const flusher = world.flusher('one', { events });
  await world.flushed();
  await flusher.stop();
  expect(events.rows).toBeGreaterThan(PARTITIONS * 20 * 2);
  expect(events).toMatchObject({ troubles: 0, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
});

test('a stop drains what is in the journal', async () => {
  const flusher = world.flusher('drain');
  await until(async () => flusher.held().size === PARTITIONS);
  await work(10);
  await flusher.stop();
  const [rest] = await Promise.all(
    [0].map((partition) => world.engine.journal.committed(partition)),
  );
  expect(await world.engine.journal.range(0, `(${rest}`, '+', 1)).toEqual([]);
  await world.flushed();
});

test('a recovery that raised the epoch costs one batch, and is no trouble', async () => {
  const stale: string[] = [];
  const events = Object.assign(counted(), { stale: (what: string) => void stale.push(what) });
  const flusher = world.flusher('overtaken', { events });
  await until(async () => flusher.held().size === PARTITIONS);
  await work(1);
  await world.flushed();
  // A flusher that takes a partition up anew at this moment, as after a lapse of its lease, sees the new epoch.
  await until(async () => {
    await world.sql`UPDATE journal_cursors SET epoch = epoch + 1`;
    await work(1);
    await world.flushed();
    return stale.length > 0;
  });
  await flusher.stop();
  expect(stale).toEqual(['cursor']);
  expect(events).toMatchObject({ troubles: 0, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
});

test('with much to do two transactions are under way, of different partitions', async () => {
  let underWay = 0;
  let most = 0;
  const events = counted();
  const flusher = world.flusher('lanes', {
    events,
    checkpoint: (name) => {
      if (name === 'cursors') underWay += 1;
      if (name === 'committed') underWay -= 1;
      most = Math.max(most, underWay);
    },
    settings: { laneEntries: 10 },
  });
  // On a busy machine one may be over before the other has begun: then there is more to do.
  await until(async () => {
    await work(20);
    await world.flushed();
    return most > 1;
  });
  await flusher.stop();
  expect(most).toBe(2);
  expect(events).toMatchObject({ troubles: 0, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
});

test.each([
  ['one transaction after the other', 1_000_000],
  ['two at once', 1],
])('%s, killed at any statement under load, no row is lost or doubled', async (_, laneEntries) => {
  const kills = new Map<string, number>();
  const events = counted();
  const flusher = world.flusher(`killed ${laneEntries}`, {
    events,
    checkpoint: (name) => {
      const times = kills.get(name) ?? 0;
      if (times === 3) return;
      kills.set(name, times + 1);
      throw new Error(`killed at ${name}`);
    },
    settings: { batchEntries: 20, laneEntries, retryMinMs: 1 },
  });
  await work(30);
  await world.flushed();
  await flusher.stop();
  expect(Object.fromEntries(kills)).toEqual({
    cursors: 3,
    rows: 3,
    snapshots: 3,
    holds: 3,
    natural_keys: 3,
    commit: 3,
    committed: 3,
  });
  expect(events.quarantine).toBe(0);
  const counts = await ledgerCounts();
  expect(counts?.rows).toBe(counts?.distinct);
  expect(await world.verify()).toEqual([]);
});

test('two processes share the partitions; when one dies the other takes over', async () => {
  const settings = { leaseTtlMs: 600 };
  const one = world.flusher('share 1', { settings });
  await until(async () => one.held().size === PARTITIONS);
  const two = world.flusher('share 2', { settings });
  await until(async () => one.held().size === 2 && two.held().size === 2);
  await work(10);
  await world.flushed();
  await one.stop();
  await until(async () => two.held().size === PARTITIONS);
  await work(5);
  await world.flushed();
  await two.stop();
  const counts = await ledgerCounts();
  expect(counts?.rows).toBe(counts?.distinct);
  expect(await world.verify()).toEqual([]);
});

test('while Postgres is away the engine goes on; afterwards all of it is flushed in order', async () => {
  const events = counted();
  const flusher = world.flusher('outage', { events });
  await work(3);
  await world.flushed();
  const wallet = await world.wallet(1);
  await world.deposit(1, wallet, 5_000_000, `outage ${wallet}`);
  const url = new URL(world.url);
  const database = url.pathname.slice(1);
  url.pathname = '/postgres';
  const admin = postgres(url.href, { max: 1 });
  await admin.unsafe(`ALTER DATABASE ${database} WITH ALLOW_CONNECTIONS false`);
  await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${database}`;
  await until(async () => events.troubles > 0);
  for (let n = 0; n < 20; n += 1) await world.call(1, [wallet], `outage ${n}`, 2);
  await admin.unsafe(`ALTER DATABASE ${database} WITH ALLOW_CONNECTIONS true`);
  await admin.end();
  await world.flushed();
  await flusher.stop();
  expect(events).toMatchObject({ troubles: 1, quarantine: 0 });
  expect(await world.verify()).toEqual([]);
});

test('Redis wiped: wallets and open calls come back from the ledger', async () => {
  const flusher = world.flusher('wiped');
  const wallet = await world.wallet(2);
  await world.deposit(2, wallet, 5_000_000, `wiped ${wallet}`);
  await world.call(2, [wallet], 'wiped call', 0);
  await world.flushed();
  const before = (await world.engine.wallets(2, [wallet])).get(wallet);
  await world.redis.wipe();
  await until(async () => {
    const found = await world.engine.wallets(2, [wallet]).catch(() => new Map());
    return found.has(wallet);
  });
  // Each master of a cluster notices its own loss, when it is first asked.
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    await until(() =>
      world.engine.peekWallets(partition, [wallet]).then(
        () => true,
        () => false,
      ),
    );
  }
  await world.engine.opened();
  const after = (await world.engine.wallets(2, [wallet])).get(wallet);
  expect(after).toMatchObject({
    postedMicros: before?.postedMicros,
    heldMicros: before?.heldMicros,
    sequence: before?.sequence,
    liveCalls: 1,
  });
  await work(3);
  await world.flushed();
  await flusher.stop();
  expect(await world.verify()).toEqual([]);
});
