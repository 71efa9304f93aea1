/** Redis has what neither ledger nor journal has: it may be the last copy, and is not thrown away. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callHoldId, keys } from '../../engine/index.ts';
import { releaseWallet } from '../quarantine.ts';
import { type EngineWorld, engineWorld } from '../test/engine-world.ts';
import { CHAIN_KEY } from '../test/ledger-world.ts';

const PARTITION = 1;
const MILLION = 1_000_000;

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
  world.deposit(PARTITION, wallet, MILLION, `${wallet} ${n}`);

async function flush(): Promise<void> {
  const flusher = world.flusher('plain');
  await world.flushed();
  await flusher.stop();
}

async function inRedis(wallet: string) {
  const state = (await world.engine.wallets(PARTITION, [wallet])).get(wallet);
  if (state === undefined) throw new Error('no such wallet');
  return { ...state, checkLedgerUntilMs: 0 };
}

async function inLedger(wallet: string) {
  const [row] = await world.sql<{ posted: number; quarantined: boolean }[]>`
    SELECT posted_micros AS posted, quarantined FROM wallet_snapshots WHERE wallet_id = ${wallet}`;
  return row;
}

async function recover(): Promise<void> {
  await world.engine.closeGate('a test', PARTITION);
  await world.engine.opened();
}

test('deposits that the journal has lost too stay in Redis through recoveries, the wallet frozen', async () => {
  const wallet = await world.wallet(PARTITION);
  await deposit(wallet, 1);
  await flush();
  await deposit(wallet, 2);
  await redis.xtrim(keys.journal(PARTITION), 'MAXLEN', 0);
  const before = await inRedis(wallet);
  for (let time = 0; time < 2; time += 1) {
    await recover();
    expect(await inRedis(wallet)).toEqual({ ...before, quarantined: true });
  }
  expect(before.postedMicros).toBe(2 * MILLION);
  expect(await inLedger(wallet)).toEqual({ posted: MILLION, quarantined: true });
  await expect(world.call(PARTITION, [wallet], 'refused', 0)).rejects.toThrow('wallet_frozen');
  await deposit(wallet, 3);
  await flush();
  expect(await inLedger(wallet)).toEqual({ posted: MILLION, quarantined: true });
  await recover();
  expect(await inRedis(wallet)).toMatchObject({ postedMicros: 3 * MILLION, sequence: 3 });
});

test('what waits behind a gap is not undone by a recovery; a release puts the ledger over it', async () => {
  const wallet = await world.wallet(PARTITION);
  await deposit(wallet, 1);
  await world.call(PARTITION, [wallet], 'ends while waiting', 0);
  await flush();
  await deposit(wallet, 2);
  const [last] = await redis.xrevrange(keys.journal(PARTITION), '+', '-', 'COUNT', 1);
  await redis.xdel(keys.journal(PARTITION), last?.[0] ?? '');
  const holdId = callHoldId(world.organizationId, 'ends while waiting');
  const end = { partition: PARTITION, holdId, durationMs: 5_000, evidence: 3 as const };
  expect(await world.engine.capture(end)).toMatchObject({ status: 'done' });
  const before = await inRedis(wallet);
  await recover();

  expect(await inRedis(wallet)).toEqual({ ...before, quarantined: true });
  expect(before).toMatchObject({ postedMicros: 2 * MILLION - 5_000, heldMicros: 0, liveCalls: 0 });
  expect(await world.engine.hold(PARTITION, holdId)).toMatchObject({ state: 'captured' });
  expect(await redis.zscore(keys.due(PARTITION), holdId)).toBeNull();

  const released = await releaseWallet(world.sql, CHAIN_KEY, wallet, { rebase: true });
  expect(released).toMatchObject({ status: 'released', rebased: true });
  await recover();
  const state = { postedMicros: MILLION - 5_000, heldMicros: 0, quarantined: false };
  expect(await inRedis(wallet)).toMatchObject(state);
  expect(await inLedger(wallet)).toEqual({ posted: state.postedMicros, quarantined: false });
});
