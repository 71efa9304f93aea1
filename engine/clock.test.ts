// Redis' clock is set back: time stands still for the scripts, whatever they are about to do.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packPartitionState, unpackPartitionState } from './generated/layouts.ts';
import { EVIDENCE } from './hold-verbs.ts';
import { keys } from './keys.ts';
import { PARTITION, World } from './test/world.ts';

const T0 = 1_800_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let world: World;
beforeAll(async () => {
  world = await World.open();
});
beforeEach(() => world.setClock(T0));
afterAll(() => world.close());

/** What Redis' clock says from now on; what its partition has seen stays. */
async function clockSays(atMs: number): Promise<void> {
  const key = keys.partition(PARTITION);
  const state = unpackPartitionState((await world.raw.getBuffer(key)) ?? undefined);
  await world.raw.set(key, packPartitionState({ ...state, testNowMs: atMs }));
}

async function lastAtMs(): Promise<number> {
  return (await world.journal()).at(-1)?.atMs ?? 0;
}

describe('an hour back', () => {
  test('a live call stays covered, is not cut, and is charged for what it lasted', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('live', [wallet]));
    await world.engine.start(world.ref('live'));
    await world.setClock(T0 + MINUTE);
    const before = await world.engine.check({ ...world.ref('live'), proofOfLife: true });
    await clockSays(T0 - HOUR);
    const after = await world.engine.check({ ...world.ref('live'), proofOfLife: true });
    expect(before).toMatchObject({ hold: { coveredMs: 135_000, finalReason: '' } });
    expect(after).toMatchObject({
      nowMs: T0 + MINUTE,
      hold: { coveredMs: 135_000, finalReason: '' },
    });
    // Somebody who has watched the call knows better than the clock.
    const told = { ...world.ref('live'), elapsedMs: 90_000, proofOfLife: true };
    expect(await world.engine.check(told)).toMatchObject({ hold: { coveredMs: 165_000 } });
    const end = { ...world.ref('live'), durationMs: 100_000, evidence: EVIDENCE.caller };
    expect(await world.engine.capture(end)).toMatchObject({ status: 'done' });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 900_000, heldMicros: 0 });
  });

  test('nothing expires by it, and nothing that expires lives the longer for having begun since', async () => {
    const wallet = await world.wallet(1_000_000);
    const hold = (name: string) =>
      world.call(name, [wallet], { kind: 'amount', callId: '', ttlMs: MINUTE });
    await world.engine.authorize(hold('before'));
    await world.engine.authorize(world.call('rings', [wallet]));
    await clockSays(T0 - HOUR);
    for (const name of ['before', 'rings']) {
      const expired = await world.engine.expire({ ...world.ref(name), hasProvider: false });
      expect(expired.status).toBe('not_due');
    }
    await world.engine.authorize(hold('since'));
    expect(await world.engine.hold(PARTITION, world.ref('since').holdId)).toMatchObject({
      createdAtMs: T0,
      expiresAtMs: T0 + MINUTE,
    });
    await clockSays(T0 + MINUTE);
    for (const name of ['before', 'since']) {
      const expired = await world.engine.expire({ ...world.ref(name), hasProvider: false });
      expect(expired.status).toBe('done');
    }
  });

  test('a start that lies ahead of it begins now, and its journal does not go back', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('ahead', [wallet]));
    const before = (await world.journal()).length;
    await clockSays(T0 - HOUR);
    const started = await world.engine.start({ ...world.ref('ahead'), startedAtMs: T0 + HOUR });
    expect(started).toMatchObject({ entry: { atMs: T0, hold: { startedAtMs: T0 } } });
    await world.deposit(wallet, 1);
    const since = (await world.journal()).slice(before);
    expect(since.map(({ atMs }) => atMs)).toEqual([T0, T0]);
  });
});

test('a Redis that lost everything goes on no earlier than the newest entry of the ledger', async () => {
  const wallet = await world.wallet(1_000_000);
  await clockSays(0);
  // The clock was an hour ahead when this was journalled, and has been set right since.
  const aheadMs = Date.now() + HOUR;
  await world.raw.call('XSETID', keys.journal(PARTITION), `${aheadMs}-0`);
  await world.deposit(wallet, 5);
  await world.flush();
  await world.raw.flushall();
  await world.engine.closeGate('test');
  await world.engine.opened();
  await world.deposit(wallet, 6);
  expect(await lastAtMs()).toBeGreaterThanOrEqual(aheadMs);
});
