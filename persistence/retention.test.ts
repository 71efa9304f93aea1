import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callHoldId, keys } from '../engine/index.ts';
import { startRetention, trimPartition } from './retention.ts';
import { type EngineWorld, engineWorld, until } from './test/engine-world.ts';

let world: EngineWorld;
let redis: Redis;
beforeAll(async () => {
  world = await engineWorld();
  redis = await world.redis.connect();
});
afterAll(async () => {
  redis.disconnect();
  await world.stop();
});

const FAR = () => Date.now() + 3_600_000;

test('nothing unflushed is trimmed or may expire, however old it is', async () => {
  const wallet = await world.wallet(1);
  await world.deposit(1, wallet, 1_000_000, 'kept');
  const input = { journal: world.engine.journal, held: () => new Set([1]), retentionMs: 0 };
  expect(await trimPartition(input, 1, FAR())).toBe(0);
  expect(await redis.xlen(keys.journal(1))).toBe(1);
  expect(await redis.pttl(keys.request(1, world.organizationId, 'request', 'kept'))).toBe(-1);
});

test('what is committed and old goes, and its records get their time to live; open holds do not', async () => {
  const wallet = await world.wallet(2);
  await world.deposit(2, wallet, 9_000_000, 'trimmed');
  await world.call(2, [wallet], 'ended', 3);
  await world.call(2, [wallet], 'open', 0);
  await world.deposit(2, wallet, 1, 'last');
  const flusher = world.flusher('retention');
  await world.flushed();
  await flusher.stop();
  const input = {
    journal: world.engine.journal,
    held: () => new Set([2]),
    retentionMs: 60_000,
    hotRecordsMs: 5_000_000,
  };
  expect(await trimPartition(input, 2, Date.now())).toBe(0); // committed, but young
  expect(await redis.pttl(keys.hold(2, callHoldId(world.organizationId, 'ended')))).toBe(-1);

  expect(await trimPartition(input, 2, FAR())).toBeGreaterThan(4);
  const ttl = (key: string) => redis.pttl(key);
  const request = (kind: string, key: string) => keys.request(2, world.organizationId, kind, key);
  expect(await ttl(request('request', 'trimmed'))).toBeGreaterThan(4_000_000);
  expect(await ttl(request('call', 'ended'))).toBeGreaterThan(4_000_000);
  expect(await ttl(keys.hold(2, callHoldId(world.organizationId, 'ended')))).toBeGreaterThan(0);
  expect(await ttl(keys.hold(2, callHoldId(world.organizationId, 'open')))).toBe(-1);
  expect(await ttl(keys.wallet(2, wallet))).toBe(-1);
  expect(await world.verify()).toEqual([]);
});

test('a retry is told the answer of before by the journal, and by the ledger once that was trimmed', async () => {
  const wallet = await world.wallet(0);
  const credit = (amountMicros: number, fingerprint: string) =>
    world.engine.credit({
      partition: 0,
      request: { kind: 'request', scope: world.organizationId, key: 'again', fingerprint },
      organizationId: world.organizationId,
      walletId: wallet,
      kind: 'deposit',
      amountMicros,
    });
  const first = await credit(5, 'f');
  expect(first).toMatchObject({ status: 'done', replayed: false });
  expect(await credit(5, 'f')).toEqual({ ...first, replayed: true });
  await world.deposit(0, wallet, 1, 'after'); // The last one committed stays.
  const flusher = world.flusher('answers');
  await world.flushed();
  await flusher.stop();
  const input = { journal: world.engine.journal, held: () => new Set([0]), retentionMs: 0 };
  expect(await trimPartition(input, 0, FAR())).toBeGreaterThan(0);
  expect(await redis.xlen(keys.journal(0))).toBe(1);
  expect(await credit(5, 'f')).toEqual({ ...first, replayed: true });
  expect(await credit(6, 'other')).toMatchObject({ status: 'idempotency_conflict' });
  // A ledger that does not know what was trimmed is no reason to do it again.
  await world.sql`DELETE FROM natural_keys WHERE key = 'again'`;
  await expect(credit(5, 'f')).rejects.toMatchObject({ code: 'recovering' });
  expect(await redis.xlen(keys.journal(0))).toBe(1);
});

test('under memory pressure the driver trims all that is committed, however young', async () => {
  const wallet = await world.wallet(3);
  for (let n = 0; n < 5; n += 1) await world.deposit(3, wallet, 1, `pressed ${n}`);
  const flusher = world.flusher('pressure');
  await world.flushed();
  let pressed = false;
  const errors: unknown[] = [];
  const stop = startRetention({
    journal: world.engine.journal,
    held: flusher.held,
    pressed: () => pressed,
    everyMs: 10,
    onError: (error) => errors.push(error),
  });
  expect(await redis.xlen(keys.journal(3))).toBe(5);
  pressed = true;
  await until(async () => (await redis.xlen(keys.journal(3))) <= 1);
  await stop();
  await flusher.stop();
  expect(errors).toEqual([]);
});
