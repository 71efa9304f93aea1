import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStage, type Stage, type StagedCall } from './test/stage.ts';

/** A second costs 10,000 micros. */
const SECOND = 10_000;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.stop());
beforeEach(() => stage.at(0));
afterEach(() => stage.reset());

const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 10 });
const types = (call: StagedCall) => stage.provider.types(call.id).filter((type) => type !== 'say');

/** Money for 100 s, which is not enough for another quantum; the cutoff is at 97 s. */
async function final(count: number): Promise<StagedCall[]> {
  const calls: StagedCall[] = [];
  for (let i = 0; i < count; i++) calls.push(await stage.call(100 * SECOND));
  await stage.at(60);
  for (const call of calls) {
    await until(() => stage.hold(call)).toMatchObject({ finalReason: 'insufficient_funds' });
  }
  return calls;
}

/** In hand of an enforcer. */
async function one(): Promise<StagedCall> {
  const [call] = await final(1);
  if (call === undefined) throw new Error('no call');
  await stage.at(93);
  await until(() => stage.idle()).toBe(true);
  return call;
}

const captured = (call: StagedCall) => until(() => stage.hold(call));

describe('the end of a call', () => {
  test('refused three times, it comes with the fourth push; each refusal is on the timeline', async () => {
    stage.enforce();
    const call = await one();
    stage.provider.verdict = ({ type }) => (type === 'twilio' ? 404 : refusedUntil(call, 4));
    await stage.at(97.25);
    await captured(call).toMatchObject({ state: 'captured', usedMs: 97_250 });
    expect(types(call).filter((type) => type === 'end-call')).toHaveLength(4);
    const pushes = stage.details(call, 'push').filter(({ provider }) => provider === 'vapi');
    expect(pushes.map(({ attempt, result }) => [attempt, result])).toEqual([
      [1, 'refused'],
      [2, 'refused'],
      [3, 'refused'],
      [4, 'accepted'],
    ]);
    expect(stage.kinds(call)).not.toContain('cutoff_failed');
  });

  test('goes through the leg at Twilio when the provider has refused twice', async () => {
    stage.enforce();
    const call = await one();
    stage.provider.verdict = ({ type }) => (type === 'end-call' ? 'refused' : 'obeyed');
    await stage.at(97.25);
    await captured(call).toMatchObject({ state: 'captured' });
    expect(types(call).indexOf('twilio')).toBeGreaterThanOrEqual(2);
    expect(types(call).filter((type) => type === 'twilio')).toHaveLength(1);
  });

  test('is asked for again while the provider says yes and does nothing', async () => {
    stage.enforce();
    const call = await one();
    stage.provider.verdict = (_, nth) => (nth <= 2 ? 'ignored' : 'obeyed');
    await stage.at(97.25);
    await captured(call).toMatchObject({ state: 'captured' });
    expect(types(call).length).toBeGreaterThanOrEqual(2);
  });

  test('never confirmed, it raises one alarm, is charged on, and is tried on', async () => {
    const first = stage.enforce();
    const call = await one();
    stage.provider.verdict = () => 'reset';
    stage.provider.askable = false;
    await stage.at(97.25);
    await until(() => types(call).length).toBeGreaterThan(1);
    expect(stage.kinds(call)).not.toContain('cutoff_failed');
    await stage.at(157);
    await until(() => stage.kinds(call)).toContain('cutoff_failed');
    const pushes = types(call).length;
    expect(await stage.hold(call)).toMatchObject({ state: 'live' });
    expect(stage.moved).toEqual(['pending', 'failed']);
    expect(stage.notices).toMatchObject([{ kind: 'call_warned' }, { kind: 'cutoff_failed' }]);
    // Another enforcer that takes the call over raises no second alarm, and pushes.
    first.kill();
    await stage.at(160);
    stage.provider.verdict = () => 'obeyed';
    stage.provider.askable = true;
    stage.enforce();
    await captured(call).toMatchObject({ state: 'captured', usedMs: 160_000 });
    expect(types(call).length).toBeGreaterThan(pushes);
    expect(stage.kinds(call).filter((kind) => kind === 'cutoff_failed')).toHaveLength(1);
    await until(() => stage.moved.at(-1)).toBe('confirmed');
  });

  test('that no push brings about comes with the cap of its provider, and is captured then', async () => {
    stage.enforce();
    const call = await one();
    stage.provider.verdict = () => 'refused';
    await stage.at(97.25);
    await until(() => types(call).length).toBeGreaterThan(1);
    await stage.at(157);
    await until(() => stage.kinds(call)).toContain('cutoff_failed');
    await stage.at(180);
    stage.provider.end(call.id);
    await captured(call).toMatchObject({ state: 'captured', usedMs: 180_000 });
    const [leg] = (await stage.hold(call))?.legs ?? [];
    expect(leg?.capturedMicros).toBe(180 * SECOND);
    await until(() => stage.moved.at(-1)).toBe('confirmed');
  }, 180_000);

  test('comes from what was known while the engine is away', async () => {
    stage.enforce();
    const call = await one();
    await stage.at(96);
    await stage.world.redis.kill9();
    try {
      await until(() => types(call)).toContain('end-call');
    } finally {
      await stage.world.redis.restart();
      await until(() => stage.world.engine.status()).toMatchObject({ gate: 'open' });
    }
    await stage.world.engine.opened();
    await stage.at(98);
    await captured(call).toMatchObject({ state: 'captured' });
  });
});

describe('enforcers beside each other', () => {
  test('a call in the hands of one that died is ended by another within seconds', async () => {
    const first = stage.enforce();
    const call = await one();
    first.kill();
    stage.enforce();
    await stage.at(97.25);
    await captured(call).toMatchObject({ state: 'captured' });
    expect(stage.kinds(call).filter((kind) => kind === 'cutoff_pending')).toHaveLength(1);
  });

  test('one that dies between push and proof leaves the proof to another', async () => {
    const first = stage.enforce();
    const call = await one();
    stage.provider.verdict = () => 'refused';
    await stage.at(97.25);
    await until(() => types(call)).toContain('end-call');
    first.kill();
    stage.enforce();
    stage.provider.verdict = () => 'obeyed';
    await stage.at(99.5);
    await captured(call).toMatchObject({ state: 'captured' });
    expect(stage.kinds(call).filter((kind) => kind === 'cutoff_pending')).toHaveLength(1);
  });

  test('thirty calls at one moment, three enforcers: each is pushed and captured once', async () => {
    for (let i = 0; i < 3; i++) stage.enforce();
    // In nobody's hands: they come due for all three.
    const calls = await final(30);
    await stage.at(97.25);
    for (const call of calls) {
      await captured(call).toMatchObject({ state: 'captured', usedMs: 97_250 });
    }
    const wallets = await stage.world.engine.wallets(
      0,
      calls.map(({ walletId }) => walletId),
    );
    for (const wallet of wallets.values()) {
      expect(wallet).toMatchObject({ postedMicros: 2 * SECOND, heldMicros: 0, liveCalls: 0 });
    }
    expect(calls.map((call) => types(call))).toEqual(calls.map(() => ['end-call']));
  });
});

function refusedUntil(call: StagedCall, attempt: number) {
  return types(call).filter((type) => type === 'end-call').length < attempt ? 'refused' : 'obeyed';
}
