/** What a recovery has to put right beside balances: the calls that ran short, and past refunds. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  callHoldId,
  EVIDENCE,
  entryId,
  keys,
  OutageError,
  packHoldState,
  packWalletState,
  unpackHoldState,
} from '../../engine/index.ts';
import { type EngineWorld, engineWorld, until } from '../test/engine-world.ts';

let world: EngineWorld;
let raw: Redis;
beforeAll(async () => {
  world = await engineWorld();
  raw = await world.redis.connect();
});
afterAll(async () => {
  raw.disconnect();
  await world.stop();
});

async function state(partition: number, walletId: string) {
  const wallet = (await world.engine.wallets(partition, [walletId])).get(walletId);
  if (wallet === undefined) throw new Error(`no wallet ${walletId}`);
  return wallet;
}

/** Resolves when the gate, which was closed a moment ago, is open for all. */
async function recovered(partition: number, walletId: string): Promise<void> {
  await until(async () => {
    try {
      await state(partition, walletId);
      return true;
    } catch (error) {
      if (error instanceof OutageError) return false;
      throw error;
    }
  });
  await world.engine.opened();
}

async function flushOnce(): Promise<void> {
  const flusher = world.flusher('once');
  await world.flushed();
  await flusher.stop();
}

test('a call that ran short before a wipe goes on when money comes after it', async () => {
  const wallet = await world.wallet(1);
  await world.deposit(1, wallet, 60_000, `short ${wallet}`);
  // All the money is held at once, so that the start finds the call final and moves no wallet.
  await world.call(1, [wallet], 'short', 0);
  expect(await state(1, wallet)).toMatchObject({ finalCalls: 1, liveCalls: 1 });
  await flushOnce();
  await raw.flushall();
  await recovered(1, wallet);
  expect(await state(1, wallet)).toMatchObject({ finalCalls: 1, liveCalls: 1 });
  await raw.del(keys.due(1));
  await world.deposit(1, wallet, 1_000_000, `more ${wallet}`);
  expect(await raw.zscore(keys.due(1), wallet)).not.toBeNull();
  const holdId = callHoldId(world.organizationId, 'short');
  const end = { partition: 1, holdId, durationMs: 1_000, evidence: 3 as const };
  expect(await world.engine.capture(end)).toMatchObject({ status: 'done' });
  expect(await state(1, wallet)).toMatchObject({ finalCalls: 0, liveCalls: 0 });
});

test('a wallet in step gets its count of final calls right when only the start was lost', async () => {
  const wallet = await world.wallet(2);
  await world.deposit(2, wallet, 60_000, `start ${wallet}`);
  const holdId = callHoldId(world.organizationId, 'started');
  await world.call(2, [wallet], 'started', 0);
  await flushOnce();
  // Redis comes back without the start, which moved no wallet's sequence.
  const { finalCalls: _, ...before } = await state(2, wallet);
  const [row] = await world.sql<{ snapshot: Buffer }[]>`
    SELECT snapshot FROM holds WHERE id = ${holdId}`;
  const hold = unpackHoldState(row?.snapshot ?? Buffer.alloc(0));
  const ringing = { ...hold, state: 'authorized', revision: 1, finalReason: '', cutoffAtMs: 0 };
  await raw.set(keys.hold(2, holdId), packHoldState(ringing));
  await raw.set(keys.wallet(2, wallet), packWalletState({ ...before, finalCalls: 0 }));
  await raw.del(keys.final(2, wallet));
  await world.engine.closeGate('test');
  await raw.del(keys.master(2));
  await recovered(2, wallet);
  expect(await world.engine.hold(2, holdId)).toMatchObject({ state: 'live', revision: 2 });
  expect(await state(2, wallet)).toMatchObject({ finalCalls: 1, liveCalls: 1 });
});

test('what was refunded is not forgotten with the tail that Redis lost', async () => {
  const wallet = await world.wallet(3);
  await world.deposit(3, wallet, 1_000, `refunds ${wallet}`);
  const { organizationId } = world;
  const request = (key: string) => ({
    kind: 'request' as const,
    scope: organizationId,
    key: `${wallet} ${key}`,
    fingerprint: 'f',
  });
  const charged = await world.engine.charge({
    partition: 3,
    request: request('charge'),
    organizationId,
    overdraft: true,
    unbilled: false,
    legs: [{ walletId: wallet, role: 'client', amountMicros: 100 }],
  });
  if (charged.status !== 'done') throw new Error(charged.status);
  const refunds = entryId(charged.entry.mutationId, 0);
  const refund = (key: string, amountMicros: number) =>
    world.engine.credit({
      partition: 3,
      request: request(key),
      organizationId,
      walletId: wallet,
      kind: 'refund',
      amountMicros,
      refunds,
      memo: { refunds },
    });
  const flusher = world.flusher('refunds');
  expect(await refund('first', 10)).toMatchObject({ status: 'done' });
  await world.flushed();
  const names = [keys.wallet(3, wallet), keys.refund(3, refunds)];
  const old = await Promise.all(names.map((name) => raw.dumpBuffer(name)));
  expect(await refund('second', 90)).toMatchObject({ status: 'done' });
  await world.flushed();
  await flusher.stop();
  // Redis comes back as it was before the second refund.
  for (const [n, name] of names.entries()) {
    await raw.restore(name, 0, old[n] ?? Buffer.alloc(0), 'REPLACE');
  }
  await raw.del(keys.journal(3));
  await world.engine.closeGate('test');
  await raw.del(keys.master(3));
  await recovered(3, wallet);
  expect(await state(3, wallet)).toMatchObject({ postedMicros: 1_000 });
  expect(await refund('third', 90)).toMatchObject({ status: 'refund_exceeds_charge' });
});

test('evidence that moved nothing outlives the tail that Redis lost: weaker evidence stays refused', async () => {
  const wallet = await world.wallet(1);
  await world.deposit(1, wallet, 1_000_000, `evidence ${wallet}`);
  await world.call(1, [wallet], 'weighed', 0);
  const holdId = callHoldId(world.organizationId, 'weighed');
  const end = { partition: 1, holdId, durationMs: 10_000 };
  await world.engine.capture({ ...end, evidence: EVIDENCE.caller });
  const flusher = world.flusher('evidence');
  await world.flushed();
  const names = [keys.wallet(1, wallet), keys.hold(1, holdId)];
  const old = await Promise.all(names.map((name) => raw.dumpBuffer(name)));
  const evidence = EVIDENCE.provider_record;
  expect(await world.engine.settle({ ...end, evidence })).toMatchObject({ status: 'done' });
  const { postedMicros } = await state(1, wallet);
  await world.flushed();
  await flusher.stop();
  for (const [n, name] of names.entries()) {
    await raw.restore(name, 0, old[n] ?? Buffer.alloc(0), 'REPLACE');
  }
  await raw.del(keys.journal(1));
  await world.engine.closeGate('test');
  await raw.del('rf:master');
  await recovered(1, wallet);
  const weaker = { ...end, durationMs: 1_000, evidence: EVIDENCE.provider_webhook };
  expect(await world.engine.settle(weaker)).toMatchObject({ status: 'unchanged' });
  expect(await state(1, wallet)).toMatchObject({ postedMicros });
});

test('a recovery lifts a quarantine that was released, and leaves what an operator froze', async () => {
  const wallet = await world.wallet(0);
  await world.deposit(0, wallet, 1_000, `released ${wallet}`);
  const { organizationId } = world;
  const changes = { frozen: true, quarantined: true };
  await world.engine.configure({ partition: 0, organizationId, walletId: wallet, changes });
  await flushOnce();
  // Nothing of it waits beside the ledger: its release is in there already.
  await world.engine.closeGate('test');
  await raw.del('rf:master');
  await recovered(0, wallet);
  expect(await state(0, wallet)).toMatchObject({ frozen: true, quarantined: false });
});
