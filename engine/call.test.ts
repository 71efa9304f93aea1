import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HoldState } from './generated/layouts.ts';
import { keys } from './keys.ts';
import { PARTITION, POLICY, World } from './test/world.ts';

let world: World;
const T0 = 1_800_000_000_000;
let calls = 0;
beforeAll(async () => {
  world = await World.open();
});
beforeEach(() => world.setClock(T0));
afterAll(() => world.close());

async function liveCall(walletIds: string[], more = {}) {
  const callId = `call-${++calls}`;
  await world.engine.authorize(world.call(callId, walletIds, more));
  await world.engine.start(world.ref(callId));
  return { callId, check: (more = {}) => checkOf(callId, more) };
}

async function checkOf(callId: string, more = {}) {
  const reply = await world.engine.check({ ...world.ref(callId), proofOfLife: true, ...more });
  if (!('hold' in reply) || !('nowMs' in reply)) throw new Error(`check answered ${reply.status}`);
  return reply;
}

async function dueAt(callId: string): Promise<number> {
  return Number(await world.raw.zscore(keys.due(PARTITION), world.ref(callId).holdId));
}

const paidUntil = (hold: HoldState) => hold.startedAtMs + hold.coveredMs;

describe('a live call', () => {
  test('ringing costs nothing and is not extended', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('ringing', [wallet]));
    await world.setClock(T0 + 60_000);
    const reply = await world.engine.check({ ...world.ref('ringing'), proofOfLife: false });
    expect(reply).toMatchObject({ status: 'ringing', hold: { startedAtMs: 0 } });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 75_000 });
  });

  test('each check keeps a quantum of covered time ahead of the clock', async () => {
    const wallet = await world.wallet(1_000_000);
    const call = await liveCall([wallet]);
    for (const minute of [1, 2, 3]) {
      await world.setClock(T0 + minute * 60_000);
      const reply = await call.check();
      expect(reply.status).toBe('extended');
      expect(paidUntil(reply.hold)).toBe(T0 + minute * 60_000 + 75_000);
    }
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 255_000 });
  });

  test('a check with elapsed time starts a call whose start event was lost', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('lost-start', [wallet]));
    await world.setClock(T0 + 90_000);
    const reply = await checkOf('lost-start', { elapsedMs: 40_000 });
    expect(reply.hold).toMatchObject({ state: 'live', startedAtMs: T0 + 50_000 });
    expect(paidUntil(reply.hold)).toBe(T0 + 90_000 + 75_000);
  });

  test('when money runs short it gets what is left and an exact cutoff', async () => {
    const wallet = await world.wallet(100_500);
    const call = await liveCall([wallet]);
    await world.setClock(T0 + 60_000);
    const reply = await call.check();
    expect(reply.hold).toMatchObject({
      coveredMs: 100_000,
      finalReason: 'insufficient_funds',
      cutoffAtMs: T0 + 97_000,
    });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 100_000, finalCalls: 1 });
  });

  test('a final call is due for its warning, to be taken in hand, for its words, its cutoff', async () => {
    const wallet = await world.wallet(100_000);
    const policy = { ...POLICY, endMessageMs: 8_000 };
    const call = await liveCall([wallet], { policy });
    const cutoffAtMs = T0 + 97_000;
    // Seconds after the start of a check, and when the call is due after it.
    for (const [checked, dueAtMs] of [
      // Whoever finds it final may be no enforcer, so an enforcer is to see it at once.
      [60, T0 + 60_000],
      [60, cutoffAtMs - 30_000],
      [67, cutoffAtMs - 13_000],
      [84, cutoffAtMs - 8_000 + 250],
      [89, cutoffAtMs + 250],
      [97, cutoffAtMs + 2_000],
      [99, cutoffAtMs + 4_000],
    ] as const) {
      await world.setClock(T0 + checked * 1000);
      expect((await call.check()).hold).toMatchObject({ cutoffAtMs });
      expect(await dueAt(call.callId)).toBe(dueAtMs);
    }
  });

  test('without a warning or last words it is due to be taken in hand, and at its cutoff', async () => {
    const wallet = await world.wallet(100_000);
    const call = await liveCall([wallet], { policy: { ...POLICY, warnMs: 0 } });
    for (const [checked, dueAtMs] of [
      [62.5, T0 + 62_500],
      [62.5, T0 + 92_000],
      [92, T0 + 97_250],
    ] as const) {
      await world.setClock(T0 + checked * 1000);
      await call.check();
      expect(await dueAt(call.callId)).toBe(dueAtMs);
    }
  });

  test('a top-up wakes the wallet, and its final call goes on', async () => {
    const wallet = await world.wallet(100_000);
    const call = await liveCall([wallet]);
    await world.setClock(T0 + 60_000);
    await call.check();
    await world.deposit(wallet, 1_000_000);
    const due = await world.engine.due(PARTITION, 100, 1_000);
    expect(due.members).toContain(wallet);
    const holds = await world.engine.finals(PARTITION, wallet, 10);
    expect(holds).toEqual([world.ref(call.callId).holdId]);
    const reply = await world.engine.check({ ...world.ref(call.callId), proofOfLife: false });
    expect(reply).toMatchObject({ status: 'extended', hold: { finalReason: '', cutoffAtMs: 0 } });
    expect(await world.state(wallet)).toMatchObject({ finalCalls: 0 });
  });

  test('scarce money is shared: no call takes it all', async () => {
    const wallet = await world.wallet(4 * 60_000 + 40_000);
    const price = {
      rateMicrosPerMinute: 60_000,
      initialMs: 1_000,
      subsequentMs: 1_000,
      connectionFeeMicros: 0,
      minimumMicros: 0,
    };
    const policy = {
      minimumMs: 60_000,
      quantumMs: 60_000,
      warnMs: 0,
      leadMs: 3_000,
      ringMs: 120_000,
      heartbeatMs: 300_000,
      endMessageMs: 0,
    };
    const live = [];
    for (let i = 0; i < 4; i++) live.push(await liveCall([wallet], { price, policy }));
    await world.setClock(T0 + 30_000);
    const granted: number[] = [];
    for (const call of live) granted.push((await call.check()).hold.coveredMs - 60_000);
    expect(granted[0]).toBe(10_000);
    expect(Math.min(...granted)).toBeGreaterThanOrEqual(1_000);
    expect(granted.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(40_000);
  });

  test('a thousand calls of one wallet share its last money, none left far behind', async () => {
    const calls = 1_000;
    const shareMs = 20_000;
    const wallet = await world.wallet(calls * (75_000 + shareMs));
    const live: Awaited<ReturnType<typeof liveCall>>[] = [];
    for (let n = 0; n < calls; n++) live.push(await liveCall([wallet]));
    const got: number[] = [];
    for (const seconds of [30, 40, 50, 60, 70, 80]) {
      await world.setClock(T0 + seconds * 1_000);
      const replies = await Promise.all(live.map((call) => call.check()));
      got.splice(0, calls, ...replies.map(({ hold }) => hold.coveredMs - 75_000));
      if (replies.every(({ hold }) => hold.finalReason === 'insufficient_funds')) break;
    }
    expect(got.reduce((sum, ms) => sum + ms, 0)).toBe(calls * shareMs);
    expect(Math.min(...got)).toBeGreaterThanOrEqual(shareMs / 2);
    expect(Math.max(...got)).toBeLessThanOrEqual(shareMs * 2);
  }, 180_000);

  test('final calls of one wallet do not all end in one moment, and their cutoffs stand', async () => {
    const calls = 100;
    const wallet = await world.wallet(calls * 75_000);
    const live: Awaited<ReturnType<typeof liveCall>>[] = [];
    for (let n = 0; n < calls; n++) {
      await world.setClock(T0 + n * 13);
      live.push(await liveCall([wallet]));
    }
    await world.setClock(T0 + 60_000);
    const holds = (await Promise.all(live.map((call) => call.check()))).map(({ hold }) => hold);
    const sooner = holds.map((hold) => paidUntil(hold) - POLICY.leadMs - hold.cutoffAtMs);
    expect(Math.min(...sooner)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...sooner)).toBeLessThanOrEqual(2 * (calls - 1));
    expect(new Set(sooner).size).toBeGreaterThan(calls / 2);
    for (const { callId } of live.slice(1)) {
      await world.engine.capture({ ...world.ref(callId), durationMs: 75_000, evidence: 3 });
    }
    const last = await live[0]?.check();
    expect(last).toMatchObject({ status: 'covered', hold: { cutoffAtMs: holds[0]?.cutoffAtMs } });
  }, 180_000);

  test('a two-leg call ends when either wallet ends', async () => {
    const client = await world.wallet(10_000_000);
    const agency = await world.wallet(80_000);
    const call = await liveCall([client, agency]);
    await world.setClock(T0 + 60_000);
    const { hold } = await call.check();
    expect(hold).toMatchObject({ coveredMs: 80_000, finalReason: 'insufficient_funds' });
    expect(hold.legs.map((leg) => leg.heldMicros)).toEqual([80_000, 80_000]);
  });

  test('it ends at its longest duration, whatever the money', async () => {
    const wallet = await world.wallet(10_000_000);
    const call = await liveCall([wallet], { maxDurationMs: 90_000 });
    await world.setClock(T0 + 60_000);
    expect((await call.check()).hold).toMatchObject({
      coveredMs: 90_000,
      finalReason: 'max_duration',
      cutoffAtMs: T0 + 90_000,
    });
  });

  test('a frozen wallet lets it go on only as far as it is paid', async () => {
    const wallet = await world.wallet(10_000_000);
    const call = await liveCall([wallet]);
    await world.engine.configure({
      partition: PARTITION,
      organizationId: world.organizationId,
      walletId: wallet,
      changes: { frozen: true },
    });
    await world.setClock(T0 + 60_000);
    expect((await call.check()).hold).toMatchObject({
      coveredMs: 75_000,
      finalReason: 'wallet_frozen',
    });
  });

  test('time never goes back for a script', async () => {
    const wallet = await world.wallet(1_000_000);
    const call = await liveCall([wallet]);
    await world.setClock(T0 + 60_000);
    await call.check();
    const raw = world.raw;
    const { packPartitionState, unpackPartitionState } = await import('./generated/layouts.ts');
    const key = keys.partition(PARTITION);
    const state = unpackPartitionState((await raw.getBuffer(key)) ?? undefined);
    await raw.set(key, packPartitionState({ ...state, testNowMs: T0 - 3_600_000 }));
    expect((await call.check()).nowMs).toBe(T0 + 60_000);
  });

  test('at 60/60 a hold is a whole number of minutes', async () => {
    const wallet = await world.wallet(1_000_000);
    const price = {
      rateMicrosPerMinute: 60_000,
      initialMs: 60_000,
      subsequentMs: 60_000,
      connectionFeeMicros: 0,
      minimumMicros: 0,
    };
    const call = await liveCall([wallet], { price });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 120_000 });
    await world.setClock(T0 + 60_000);
    expect((await call.check()).hold.coveredMs).toBe(180_000);
  });
});
