import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys } from '../engine/index.ts';
import { type QuarantineWatch, startQuarantineWatch } from './quarantine-watch.ts';
import { type EngineWorld, engineWorld, PARTITIONS, until } from './test/engine-world.ts';

const PARTITION = 1;
const ALL = new Set(Array.from({ length: PARTITIONS }, (_, partition) => partition));

let world: EngineWorld;
let redis: Redis;
beforeAll(async () => {
  world = await engineWorld();
  redis = await world.redis.connect(PARTITION);
});
afterAll(async () => {
  redis.disconnect();
  await world.stop();
});

const deposit = (wallet: string, n: number) =>
  world.deposit(PARTITION, wallet, 100 + n, `${wallet} ${n}`);
const inRedis = async (wallet: string) =>
  (await world.engine.wallets(PARTITION, [wallet])).get(wallet);

async function flush(): Promise<void> {
  const flusher = world.flusher('plain');
  await world.flushed();
  await flusher.stop();
}

/** A flusher that dies between the commit of what it sets aside and the telling of it. */
async function flushUntold(): Promise<void> {
  const told: unknown[] = [];
  let died = 0;
  const flusher = world.flusher('dies', {
    events: { quarantined: (notice) => told.push(notice) },
    checkpoint(statement) {
      if (statement !== 'committed' || died > 0) return;
      died += 1;
      throw new Error('killed');
    },
  });
  await until(async () => died > 0);
  await world.flushed();
  await flusher.stop();
  expect(told).toEqual([]);
}

/** A wallet whose second deposit Redis has lost, and made another of. */
async function forked(): Promise<string> {
  const wallet = await world.wallet(PARTITION);
  await deposit(wallet, 1);
  const old = await redis.dumpBuffer(keys.wallet(PARTITION, wallet));
  await deposit(wallet, 2);
  await flush();
  await redis.restore(keys.wallet(PARTITION, wallet), 0, old ?? '', 'REPLACE');
  await deposit(wallet, 3);
  return wallet;
}

/** A wallet with an entry that vanished from the journal before it was flushed. */
async function gapped(): Promise<string> {
  const wallet = await world.wallet(PARTITION);
  await deposit(wallet, 1);
  const [last] = await redis.xrevrange(keys.journal(PARTITION), '+', '-', 'COUNT', 1);
  await redis.xdel(keys.journal(PARTITION), last?.[0] ?? '');
  await deposit(wallet, 2);
  return wallet;
}

interface Watch extends QuarantineWatch {
  frozen: string[];
  rounds(): number;
}

function watch(): Watch {
  const frozen: string[] = [];
  let rounds = 0;
  const started = startQuarantineWatch({
    sql: world.sql,
    engine: world.engine,
    held() {
      rounds += 1;
      return ALL;
    },
    everyMs: 20,
    onFrozen: (wallet) => frozen.push(wallet),
  });
  return { ...started, frozen, rounds: () => rounds };
}

async function rounds(looking: Watch, more: number): Promise<void> {
  const goal = looking.rounds() + more;
  await until(async () => looking.rounds() > goal);
}

/** Each recovery raises it. */
async function epoch(): Promise<number | undefined> {
  const [row] = await world.sql<{ epoch: number }[]>`
    SELECT epoch FROM journal_cursors WHERE partition = ${PARTITION}`;
  return row?.epoch;
}

async function recordsOf(wallet: string) {
  return world.sql<{ kind: string; restored: boolean }[]>`
    SELECT kind, restored_at IS NOT NULL AS restored FROM ledger_quarantine
    WHERE wallet_ids @> ${[wallet]}::text[] ORDER BY id`;
}

test('nobody was told of a fork: its wallet is frozen and the gate closes all the same, once', async () => {
  const wallet = await forked();
  await flushUntold();
  expect(await recordsOf(wallet)).toEqual([{ kind: 'fork', restored: false }]);
  expect(await inRedis(wallet)).toMatchObject({ quarantined: false, postedMicros: 204 });

  const looking = watch();
  await until(async () => (await recordsOf(wallet)).some(({ restored }) => restored));
  await world.engine.opened();
  const state = { quarantined: true, postedMicros: 203, sequence: 2 };
  expect(await inRedis(wallet)).toMatchObject(state);
  const recoveries = await epoch();
  await rounds(looking, 3);
  await looking.stop();
  expect(looking.frozen).toEqual([wallet]);
  expect(await epoch()).toBe(recoveries);
  expect(await inRedis(wallet)).toMatchObject(state);
});

test('nobody was told of a gap: its wallet is frozen once, and keeps what it has', async () => {
  const wallet = await gapped();
  await flushUntold();
  expect(await recordsOf(wallet)).toEqual([{ kind: 'gap', restored: false }]);
  const looking = watch();
  await until(async () => (await inRedis(wallet))?.quarantined === true);
  await flush();
  await looking.stop();
  expect(looking.frozen).toEqual([wallet]);
  expect(await inRedis(wallet)).toMatchObject({ postedMicros: 203 });
  expect((await recordsOf(wallet)).map(({ kind }) => kind)).toEqual(['gap', 'behind']);
});
