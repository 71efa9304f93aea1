import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStage, type Stage, type StagedCall } from './test/stage.ts';

/** A second costs 10,000 micros. */
const SECOND = 10_000;
const POLICY = {
  minimumMs: 60_000,
  quantumMs: 75_000,
  warnMs: 30_000,
  leadMs: 3_000,
  ringMs: 120_000,
  heartbeatMs: 300_000,
  endMessageMs: 0,
};

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.stop());
beforeEach(() => stage.at(0));
afterEach(() => stage.reset());

const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 10 });
const idle = () => until(() => stage.idle()).toBe(true);

/** Money for 100 s: final from 60 s on, with its cutoff at 97 s. */
async function shortCall(fields: Parameters<Stage['call']>[1] = {}): Promise<StagedCall> {
  return await stage.call(100 * SECOND, fields);
}

async function madeFinal(...calls: StagedCall[]): Promise<void> {
  await stage.at(60);
  for (const call of calls) {
    await until(() => stage.hold(call)).toMatchObject({ finalReason: 'insufficient_funds' });
  }
}

async function captured(call: StagedCall, seconds: number): Promise<void> {
  await until(() => stage.hold(call)).toMatchObject({ state: 'captured', usedMs: seconds * 1000 });
}

describe('a call whose money ends', () => {
  test('is ended by one push at its cutoff, not before, and captured from the record', async () => {
    const call = await shortCall();
    stage.enforce();
    await madeFinal(call);
    await stage.at(92);
    await until(() => stage.provider.types(call.id)).toEqual(['say']);
    await stage.at(96.9);
    await idle();
    expect(stage.provider.types(call.id)).toEqual(['say']);
    await stage.at(97.25);
    await until(() => stage.provider.types(call.id)).toEqual(['say', 'end-call']);
    await captured(call, 97.25);
    await until(() => stage.kinds(call)).toEqual([
      'final',
      'warned',
      'cutoff_pending',
      'push',
      'cutoff_confirmed',
    ]);
    expect(stage.details(call, 'push')).toMatchObject([
      { attempt: 1, provider: 'vapi', result: 'accepted' },
    ]);
    expect(stage.moved).toEqual(['pending', 'confirmed']);
    expect(stage.measured).toContain('pushed true');
    expect(stage.measured).toContain('proven true');
    expect(stage.provider.types(call.id)).toEqual(['say', 'end-call']);
  });

  test('in hand, is ended at the very moment, before it comes due for anybody else', async () => {
    const call = await shortCall();
    stage.enforce();
    await madeFinal(call);
    await stage.at(96.7);
    await until(() => stage.kinds(call)).toContain('warned');
    await stage.at(97);
    await until(() => stage.provider.types(call.id)).toContain('end-call');
    await captured(call, 97);
    expect(stage.details(call, 'cutoff_pending')).toMatchObject([{ late_ms: 0 }]);
  });

  test('is rescued by a top-up two seconds before its cutoff', async () => {
    const call = await shortCall();
    stage.enforce();
    await madeFinal(call);
    await stage.at(95);
    await stage.world.deposit(call.walletId, 100 * SECOND);
    await until(() => stage.hold(call)).toMatchObject({ finalReason: '', cutoffAtMs: 0 });
    await stage.at(98);
    await until(() => stage.kinds(call)).toContain('rescued');
    await idle();
    expect(stage.provider.types(call.id)).not.toContain('end-call');
    expect(await stage.hold(call)).toMatchObject({ state: 'live' });
  });

  test('is rescued by the money of a call beside it that never was', async () => {
    const walletId = await stage.world.wallet(150 * SECOND);
    const call = await stage.callOn(walletId);
    const sibling = await stage.world.authorize(walletId, { hasProvider: true });
    stage.enforce();
    await madeFinal(call);
    await stage.at(70);
    expect(await stage.hold(call)).toMatchObject({ coveredMs: 75_000 });
    expect(await stage.world.engine.void({ partition: 0, holdId: sibling })).toMatchObject({
      status: 'done',
    });
    await until(() => stage.hold(call)).toMatchObject({ finalReason: '' });
    await stage.at(73);
    await idle();
    expect(stage.provider.types(call.id)).not.toContain('end-call');
  });

  test('is warned once, and once more when it is final again after a rescue', async () => {
    const call = await shortCall();
    stage.enforce();
    stage.enforce();
    await madeFinal(call);
    await stage.at(67);
    await until(() => stage.kinds(call)).toEqual(['final', 'warned']);
    expect(stage.details(call, 'warned')).toMatchObject([{ seconds_left: 30, result: 'accepted' }]);
    await stage.world.deposit(call.walletId, 100 * SECOND);
    await until(() => stage.kinds(call)).toContain('rescued');
    await stage.at(160);
    await until(() => stage.hold(call)).toMatchObject({ finalReason: 'insufficient_funds' });
    await stage.at(168);
    await until(() => stage.provider.types(call.id)).toEqual(['say', 'say']);
    await stage.at(192);
    await idle();
    expect(stage.kinds(call)).toEqual(['final', 'warned', 'rescued', 'final', 'warned']);
    expect(stage.notices.map(({ kind }) => kind)).toEqual(['call_warned', 'call_warned']);
  });

  test('hears its last words before the hard end', async () => {
    stage.terms = { ...stage.terms, finalAction: 'say_then_end' };
    const call = await shortCall({ policy: { ...POLICY, endMessageMs: 8_000 } });
    stage.enforce();
    await madeFinal(call);
    await stage.at(88.9);
    await until(() => stage.kinds(call)).toContain('warned');
    await idle();
    expect(stage.provider.types(call.id)).toEqual(['say']);
    await stage.at(89.25);
    await until(() => stage.kinds(call)).toContain('end_message');
    expect(stage.provider.orders.at(-1)).toMatchObject({ type: 'say', endCallAfterSpoken: true });
    await stage.at(97.25);
    await until(() => stage.provider.types(call.id)).toEqual(['say', 'say', 'end-call']);
    await captured(call, 97.25);
  });

  test('is handed over, stays metered, and is ended at its cutoff all the same', async () => {
    stage.terms = { ...stage.terms, finalAction: 'transfer', transferTo: '+14155550111' };
    const call = await shortCall({ policy: { ...POLICY, warnMs: 0, endMessageMs: 8_000 } });
    stage.enforce();
    await madeFinal(call);
    await stage.at(89.25);
    await until(() => stage.provider.types(call.id)).toEqual(['transfer']);
    expect(await stage.hold(call)).toMatchObject({ state: 'live' });
    await stage.at(97.25);
    await until(() => stage.provider.types(call.id)).toEqual(['transfer', 'end-call']);
    await captured(call, 97.25);
  });

  test('of two wallets ends when the shorter one does, and both pay', async () => {
    const agency = await stage.world.wallet(100 * SECOND);
    const client = await stage.world.wallet(1000 * SECOND);
    const [leg] = stage.world.callOf(client).legs;
    if (leg === undefined) throw new Error('a call without a leg');
    const legs = [leg, { ...leg, walletId: agency, role: 'agency' }];
    const call = await stage.callOn(client, { legs });
    stage.enforce();
    await madeFinal(call);
    await stage.at(97.25);
    await captured(call, 97.25);
    expect((await stage.hold(call))?.legs.map((paid) => paid.capturedMicros)).toEqual([
      98 * SECOND,
      98 * SECOND,
    ]);
  });
});
