import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutageError } from './errors.ts';
import { packWalletState, unpackPartitionState } from './generated/layouts.ts';
import { keys } from './keys.ts';
import { createMaintenance, type Maintenance } from './maintenance.ts';
import { PARTITION, World } from './test/world.ts';

let world: World;
let maintenance: Maintenance;
beforeEach(async () => {
  world = await World.open();
  const { ledger, redis } = world;
  const redisUrl = redis.url;
  maintenance = await createMaintenance({
    redisUrl,
    hotRecordsMs: 60_000,
    ledger,
    recovery: ledger,
  });
});
afterEach(async () => {
  maintenance.stop();
  await world.close();
});

/** Tries until the partition is open again, at most for the test's time. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as OutageError).code !== 'recovering') throw error;
      await setImmediate();
    }
  }
}

const charge = (walletId: string, request = world.request()) => ({
  ...world.money(request),
  overdraft: false,
  unbilled: false,
  legs: [{ walletId, role: 'client', amountMicros: 1_000 }],
});

/** Something of every kind: money, an open call, an ended one, a charge under a key. */
async function lived() {
  const wallet = await world.wallet(1_000_000);
  await world.engine.authorize(world.call('open', [wallet]));
  await world.engine.start(world.ref('open'));
  await world.engine.authorize(world.call('ended', [wallet]));
  await world.engine.void(world.ref('ended'));
  const input = charge(wallet);
  const charged = await world.engine.charge(input);
  return { wallet, input, charged };
}

describe('a partition that is cleared while it is shut', () => {
  test('comes back from the ledger: wallets, open calls with their moments, answers, the journal drained', async () => {
    const { wallet, input, charged } = await lived();
    const before = await world.state(wallet);
    const key = keys.wallet(PARTITION, wallet);
    const done = await maintenance.recover(PARTITION, async (shut) => {
      expect(shut.drained).toBeGreaterThan(0);
      await world.raw.set(key, packWalletState({ ...before, postedMicros: 5 }));
      expect(await shut.clear()).toBeGreaterThan(0);
      expect(await world.raw.exists(key, keys.due(PARTITION))).toBe(0);
      return { status: 'restore' };
    });
    expect(done.restored).toBeGreaterThan(0);
    const after = await eventually(() => world.state(wallet));
    expect({ ...after, checkLedgerUntilMs: 0 }).toEqual({ ...before, checkLedgerUntilMs: 0 });
    const { holdId } = world.ref('open');
    expect(await world.raw.zscore(keys.due(PARTITION), holdId)).not.toBeNull();
    expect(await world.engine.hold(PARTITION, holdId)).toMatchObject({ state: 'live' });
    expect(await world.engine.hold(PARTITION, world.ref('ended').holdId)).toMatchObject({
      state: 'voided',
    });
    expect(await world.engine.charge(input)).toEqual({ ...charged, replayed: true });
    expect(await world.engine.charge(charge(wallet))).toMatchObject({ status: 'done' });
    await world.flush();
    expect(world.ledger.entriesByWallet.get(wallet)).toHaveLength(before.sequence + 1);
  });

  test('and whose command dies there is opened by the next recovery, and forgets no key', async () => {
    const { wallet, input, charged } = await lived();
    const before = await world.state(wallet);
    const dying = maintenance.recover(PARTITION, async (shut) => {
      await shut.clear();
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    const fence = await world.raw.getBuffer(keys.partition(PARTITION));
    const { open, checkLedgerUntilMs, nowMs } = unpackPartitionState(fence ?? undefined);
    expect({ open, asks: checkLedgerUntilMs > nowMs }).toEqual({ open: false, asks: true });
    expect(await eventually(() => world.engine.charge(input))).toEqual({
      ...charged,
      replayed: true,
    });
    const after = await world.state(wallet);
    expect({ ...after, checkLedgerUntilMs: 0 }).toEqual({ ...before, checkLedgerUntilMs: 0 });
  });
});

describe('work on a shut partition', () => {
  test('that decides to leave it opens it as it was', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.flush();
    const key = keys.wallet(PARTITION, wallet);
    const ahead = { ...(await world.state(wallet)), sequence: 99, postedMicros: 7 };
    await world.raw.set(key, packWalletState(ahead));
    const done = await maintenance.recover(PARTITION, async () => ({ status: 'leave' }));
    expect(done.restored).toBe(0);
    expect(await eventually(() => world.state(wallet))).toEqual(ahead);
  });

  test('that fails before it changed anything opens it as it was', async () => {
    const wallet = await world.wallet(1_000_000);
    const before = await world.state(wallet);
    const failing = maintenance.recover(PARTITION, async () => {
      throw new Error('no answer');
    });
    await expect(failing).rejects.toThrow('no answer');
    const fence = await world.raw.getBuffer(keys.partition(PARTITION));
    expect(unpackPartitionState(fence ?? undefined).open).toBe(true);
    expect(await eventually(() => world.state(wallet))).toEqual(before);
  });

  test('names wallets that are restored although their sequence is the same', async () => {
    const wallet = await world.wallet(1_000_000);
    const right = await world.state(wallet);
    const key = keys.wallet(PARTITION, wallet);
    await world.raw.set(key, packWalletState({ ...right, postedMicros: 7 }));
    await maintenance.recover(PARTITION, async () => ({ status: 'restore', doubted: [wallet] }));
    expect(await eventually(() => world.state(wallet))).toMatchObject({ postedMicros: 1_000_000 });
  });

  test('keeps operations out: they are told to come back, and none is lost', async () => {
    const wallet = await world.wallet(1_000_000);
    await maintenance.recover(PARTITION, async () => {
      await expect(world.engine.charge(charge(wallet))).rejects.toMatchObject({
        code: 'recovering',
      });
      return { status: 'restore' };
    });
    await eventually(() => world.engine.charge(charge(wallet)));
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 999_000 });
  });
});
