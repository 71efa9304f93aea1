import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { keys, packWalletState, unpackWalletState, type WalletState } from '../../engine/index.ts';
import { type EngineWorld, engineWorld } from '../test/engine-world.ts';
import { CHAIN_KEY } from '../test/ledger-world.ts';
import { verify } from './verify.ts';

let world: EngineWorld;
let redis: Redis;
let wallet: string;
beforeAll(async () => {
  world = await engineWorld();
  redis = await world.redis.connect();
  wallet = await world.wallet(1);
  const flusher = world.flusher('set-up');
  await world.deposit(1, wallet, 10_000_000, 'verify');
  await world.call(1, [wallet], 'closed', 5);
  await world.call(1, [wallet], 'open', 0);
  await world.flushed();
  await flusher.stop();
});
afterAll(async () => {
  redis.disconnect();
  await world.stop();
});

/** Whatever a test broke is put back. */
const repairs: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const repair of repairs.splice(0)) await repair();
  expect(await world.verify()).toEqual([]);
});

async function whats(): Promise<string[]> {
  return (await world.verify()).map((difference) => difference.what);
}

async function forgeRedis(change: Partial<WalletState>): Promise<void> {
  const key = keys.wallet(1, wallet);
  const packed = await redis.getBuffer(key);
  if (packed === null) throw new Error('the wallet is not in Redis');
  repairs.push(() => redis.set(key, packed));
  await redis.set(key, packWalletState({ ...unpackWalletState(packed), ...change }));
}

describe('what verify sees', () => {
  test('a flushed and an unflushed system have no differences, whatever is still under way', async () => {
    const busy = Promise.all(
      Array.from({ length: 30 }, (_, n) => world.call(1, [wallet], `busy ${n}`, n % 3)),
    );
    const flusher = world.flusher('busy');
    for (let n = 0; n < 5; n += 1) expect(await world.verify()).toEqual([]);
    await busy;
    await flusher.stop();
    await world.call(1, [wallet], 'unflushed', 1);
  });

  test.each([
    ['money that appeared', { postedMicros: 99 }, 'redis postedMicros'],
    ['a limit that nobody set', { creditLimitMicros: 1 }, 'redis creditLimitMicros'],
    ['a wallet behind the ledger', { sequence: 1 }, 'redis sequence'],
    ['a mutation without a journal entry', { sequence: 9_999 }, 'redis sequence'],
  ])('in Redis: %s', async (_, change, what) => {
    await forgeRedis(change);
    expect(await whats()).toEqual([what]);
  });

  test('a wallet gone from Redis is fine once flushed, and a loss before', async () => {
    await world.call(1, [wallet], 'to be lost', 1);
    const key = keys.wallet(1, wallet);
    const packed = await redis.getBuffer(key);
    await redis.del(key);
    expect(await whats()).toEqual(['redis absent, sequence']);
    const flusher = world.flusher('flushes');
    await world.flushed();
    await flusher.stop();
    expect(await whats()).toEqual([]);
    if (packed !== null) await redis.set(key, packed);
  });

  test('held money that no open hold explains', async () => {
    const [row] = await world.sql<{ id: string; snapshot: Buffer }[]>`
      SELECT id, snapshot FROM holds WHERE call_id = 'open'`;
    await world.sql`UPDATE holds SET state = 'voided', closed_at = now() WHERE id = ${row?.id ?? ''}`;
    repairs.push(() =>
      world.sql`UPDATE holds SET state = 'live', closed_at = NULL WHERE id = ${row?.id ?? ''}`.execute(),
    );
    expect((await whats()).sort()).toEqual([
      'held by open holds',
      'hold column closedAtMs',
      'hold column state',
      'redis held by open holds',
    ]);
  });

  test('rows whose wallet is gone', async () => {
    await world.sql`
      CREATE TABLE kept AS SELECT * FROM wallet_snapshots WHERE wallet_id = ${wallet}`;
    await world.sql`DELETE FROM wallet_snapshots WHERE wallet_id = ${wallet}`;
    repairs.push(() => world.sql`INSERT INTO wallet_snapshots SELECT * FROM kept`.execute());
    expect((await whats()).sort()).toEqual(['rows without a wallet', 'trial balance in usd']);
  });

  test('a capture that was refunded, and settled for less after that, is no difference', async () => {
    const { engine, organizationId, sql } = world;
    await world.call(1, [wallet], 'refunded', 5);
    const flusher = world.flusher('refunded');
    await world.flushed();
    const [capture] = await sql<{ id: string; holdId: string }[]>`
      SELECT id, hold_id AS "holdId" FROM ledger_entries
      WHERE call_id = 'refunded' AND kind = 'capture'`;
    if (capture === undefined) throw new Error('the capture is not in the ledger');
    const refund = await engine.credit({
      partition: 1,
      request: { kind: 'request', scope: organizationId, key: 'refund', fingerprint: 'f' },
      organizationId,
      walletId: wallet,
      kind: 'refund',
      amountMicros: 2_000,
      refunds: capture.id,
      memo: { refunds: capture.id },
    });
    expect(refund.status).toBe('done');
    await world.flushed();
    expect(await world.verify()).toEqual([]);
    await engine.settle({ partition: 1, holdId: capture.holdId, durationMs: 1_000, evidence: 4 });
    await world.flushed();
    await flusher.stop();
  });

  test('one wallet alone, and only rows since a time: the row before is taken on trust', async () => {
    const [first] = await world.sql<{ ms: number }[]>`
      UPDATE ledger_entries SET reference = 'forged'
      WHERE wallet_id = ${wallet} AND sequence = 1
      RETURNING (extract(epoch FROM created_at) * 1000)::bigint AS ms`;
    repairs.push(() =>
      world.sql`UPDATE ledger_entries SET reference = NULL
        WHERE wallet_id = ${wallet} AND sequence = 1`.execute(),
    );
    const input = { sql: world.sql, chainKey: CHAIN_KEY, walletIds: [wallet] };
    const run = async (since?: Date) => {
      const found: string[] = [];
      const checks = verify({ ...input, ...(since && { since }) });
      let step = await checks.next();
      for (; !step.done; step = await checks.next()) found.push(step.value.what);
      return { found, progress: step.value };
    };
    const whole = await run();
    expect(whole.found).toEqual(['hash at sequence 1']);
    expect(whole.progress.wallets).toBe(1);
    const since = new Date((first?.ms ?? 0) + 1);
    const recent = await run(since);
    expect(recent.found).toEqual([]);
    expect(recent.progress.entries).toBeLessThanOrEqual(whole.progress.entries);
  });
});
