import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PARTITION, World } from './test/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

describe('authorize', () => {
  test('holds the first quantum and answers what the wallet can pay', async () => {
    const wallet = await world.wallet(1_000_000);
    const outcome = await world.engine.authorize(world.call('first', [wallet]));
    expect(outcome).toMatchObject({
      status: 'done',
      replayed: false,
      entry: {
        operation: 'authorize',
        answer: [1_000_000],
        hold: { state: 'authorized', coveredMs: 75_000 },
        rows: [{ kind: 'hold', amountMicros: 0, heldDeltaMicros: 75_000, sequence: 2 }],
      },
    });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 75_000, liveCalls: 1 });
  });

  test('of 200 calls at once on money for 50, 50 are held and 150 are refused', async () => {
    const wallet = await world.wallet(50 * 75_000);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => world.engine.authorize(world.call(`c${i}`, [wallet]))),
    );
    const refused = outcomes.filter((o) => o.status === 'insufficient_funds');
    expect(outcomes.filter((o) => o.status === 'done')).toHaveLength(50);
    expect(refused).toHaveLength(150);
    expect(refused[0]).toMatchObject({
      walletId: wallet,
      role: 'client',
      requiredMicros: 60_000,
      spendableMicros: 0,
      heldMicros: 3_750_000,
    });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 3_750_000, liveCalls: 50 });
  });

  test('50 attempts at one call make one hold and 49 replays of the same entry', async () => {
    const wallet = await world.wallet(10_000_000);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => world.engine.authorize(world.call('same', [wallet]))),
    );
    const entries = outcomes.map((o) => (o.status === 'done' ? o.entry : undefined));
    expect(outcomes.filter((o) => o.status === 'done' && !o.replayed)).toHaveLength(1);
    expect(new Set(entries.map((entry) => JSON.stringify(entry))).size).toBe(1);
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 75_000, liveCalls: 1 });
  });

  test('holds what the wallet can pay when that is at least the minimum', async () => {
    const wallet = await world.wallet(61_500);
    const outcome = await world.engine.authorize(world.call('partial', [wallet]));
    expect(outcome).toMatchObject({ status: 'done', entry: { hold: { coveredMs: 61_000 } } });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 61_000 });
  });

  test('refuses one micro under the minimum and holds nothing', async () => {
    const wallet = await world.wallet(59_999);
    const outcome = await world.engine.authorize(world.call('short', [wallet]));
    expect(outcome).toMatchObject({
      status: 'insufficient_funds',
      requiredMicros: 60_000,
      spendableMicros: 59_999,
    });
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 0, liveCalls: 0, sequence: 1 });
  });

  test('two legs: a short agency is named and nothing is held anywhere', async () => {
    const client = await world.wallet(10_000_000);
    const agency = await world.wallet(1_000);
    const outcome = await world.engine.authorize(world.call('legs', [client, agency]));
    expect(outcome).toMatchObject({
      status: 'insufficient_funds',
      walletId: agency,
      role: 'agency',
    });
    expect(await world.state(client)).toMatchObject({ heldMicros: 0, sequence: 1 });
  });

  test('after a refusal and a top-up the same call_id is authorized', async () => {
    const wallet = await world.wallet();
    const input = world.call('again', [wallet]);
    expect((await world.engine.authorize(input)).status).toBe('insufficient_funds');
    await world.deposit(wallet, 1_000_000);
    expect((await world.engine.authorize(input)).status).toBe('done');
  });

  test('a refusal is remembered under an explicit key', async () => {
    const wallet = await world.wallet();
    const input = world.call('explicit', [wallet], { request: world.request('explicit') });
    await world.engine.authorize(input);
    await world.deposit(wallet, 1_000_000);
    const again = await world.engine.authorize(input);
    expect(again).toMatchObject({ status: 'insufficient_funds', replayed: true });
  });

  test('the same key with another body is a conflict', async () => {
    const wallet = await world.wallet(1_000_000);
    const input = world.call('conflict', [wallet]);
    await world.engine.authorize(input);
    const other = { ...input, request: { ...input.request, fingerprint: 'g' } };
    expect((await world.engine.authorize(other)).status).toBe('idempotency_conflict');
  });

  test('a frozen wallet and a full one refuse, by these words', async () => {
    const wallet = await world.wallet(1_000_000);
    const configure = (changes: { frozen?: boolean; maxLiveCalls?: number }) =>
      world.engine.configure({
        partition: PARTITION,
        organizationId: world.organizationId,
        walletId: wallet,
        changes,
      });
    await configure({ frozen: true });
    expect((await world.engine.authorize(world.call('f', [wallet]))).status).toBe('wallet_frozen');
    await configure({ frozen: false, maxLiveCalls: 1 });
    expect((await world.engine.authorize(world.call('g', [wallet]))).status).toBe('done');
    expect(await world.engine.authorize(world.call('h', [wallet]))).toMatchObject({
      status: 'too_many_live_calls',
      liveCalls: 1,
      maxLiveCalls: 1,
    });
  });

  test('a free call passes at zero balance and can be afforded for ever', async () => {
    const wallet = await world.wallet();
    const price = {
      rateMicrosPerMinute: 0,
      initialMs: 0,
      subsequentMs: 0,
      connectionFeeMicros: 0,
      minimumMicros: 0,
    };
    const outcome = await world.engine.authorize(world.call('free', [wallet], { price }));
    expect(outcome).toMatchObject({
      status: 'done',
      entry: { answer: [-1], hold: { coveredMs: 3_600_000 }, rows: [{ heldDeltaMicros: 0 }] },
    });
  });

  test('a cutoff threshold is kept and a credit limit is used', async () => {
    const careful = await world.wallet(100_000);
    const trusted = await world.wallet();
    const set = (walletId: string, changes: object) =>
      world.engine.configure({
        partition: PARTITION,
        organizationId: world.organizationId,
        walletId,
        changes,
      });
    await set(careful, { cutoffThresholdMicros: 50_000 });
    await set(trusted, { creditLimitMicros: 100_000 });
    expect((await world.engine.authorize(world.call('a', [careful]))).status).toBe(
      'insufficient_funds',
    );
    expect((await world.engine.authorize(world.call('b', [trusted]))).status).toBe('done');
  });
});
