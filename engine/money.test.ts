import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryId } from './ids.ts';
import { PARTITION, World } from './test/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const MAX = Number.MAX_SAFE_INTEGER;

function charge(walletId: string, amountMicros: number, more = {}) {
  return world.engine.charge({
    ...world.money(),
    overdraft: true,
    unbilled: false,
    legs: [{ walletId, role: 'client', amountMicros }],
    ...more,
  });
}

describe('charge', () => {
  test('of 100 buyers at once with money for one, one buys', async () => {
    const wallet = await world.wallet(1_000);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => charge(wallet, 1_000, { overdraft: false })),
    );
    expect(outcomes.filter((o) => o.status === 'done')).toHaveLength(1);
    expect(outcomes.filter((o) => o.status === 'insufficient_funds')).toHaveLength(99);
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 0, sequence: 2 });
  });

  test('an asset is not bought on credit; a charge may be', async () => {
    const wallet = await world.wallet(0);
    await world.engine.configure({
      partition: PARTITION,
      organizationId: world.organizationId,
      walletId: wallet,
      changes: { creditLimitMicros: 5_000 },
    });
    expect((await charge(wallet, 1_000, { overdraft: false })).status).toBe('insufficient_funds');
    expect((await charge(wallet, 5_000)).status).toBe('done');
    expect((await charge(wallet, 1)).status).toBe('insufficient_funds');
  });

  test('the same key is one charge, and its answer stays the same', async () => {
    const wallet = await world.wallet(10_000);
    const request = world.request();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => charge(wallet, 1_000, { request })),
    );
    const entries = outcomes.map((o) => (o.status === 'done' ? JSON.stringify(o.entry) : o.status));
    expect(new Set(entries).size).toBe(1);
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 9_000, sequence: 2 });
  });
});

describe('credit', () => {
  test('100 refunds at once of one charge never give back more than it', async () => {
    const wallet = await world.wallet(10_000);
    const charged = await charge(wallet, 1_000);
    if (charged.status !== 'done') throw new Error(charged.status);
    await world.flush();
    const refunds = entryId(charged.entry.mutationId, 0);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () =>
        world.engine.credit({
          ...world.money(),
          walletId: wallet,
          kind: 'refund',
          amountMicros: 300,
          refunds,
          memo: { refunds },
        }),
      ),
    );
    expect(outcomes.filter((o) => o.status === 'done')).toHaveLength(3);
    expect(outcomes.find((o) => o.status === 'refund_exceeds_charge')).toMatchObject({
      refundableMicros: 100,
    });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 9_900 });
  });

  test('2^53-1 fits and one more does not; nothing is written by the refusal', async () => {
    const wallet = await world.wallet(0);
    expect((await world.deposit(wallet, MAX)).status).toBe('done');
    expect((await world.deposit(wallet, 1)).status).toBe('balance_out_of_range');
    expect(await world.state(wallet)).toMatchObject({ postedMicros: MAX, sequence: 1 });
    const last = (await world.journal()).at(-1);
    expect(last?.rows[0]?.amountMicros).toBe(MAX);
  });
});

describe('transfer', () => {
  test('moves money whole, and conserves it among 200 at once', async () => {
    const a = await world.wallet(10_000);
    const b = await world.wallet(10_000);
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        world.engine.transfer({
          ...world.money(),
          fromWalletId: i % 2 ? a : b,
          toWalletId: i % 2 ? b : a,
          amountMicros: 1 + ((i * 7_919) % 3_000),
        }),
      ),
    );
    const total = (await world.state(a)).postedMicros + (await world.state(b)).postedMicros;
    expect(total).toBe(20_000);
  });
});

describe('the journal', () => {
  test('has every mutation once, in sequence, with the balance after it', async () => {
    const wallet = await world.wallet(5_000);
    await charge(wallet, 700);
    await charge(wallet, 300);
    const rows = (await world.journal())
      .flatMap((e) => e.rows)
      .filter((r) => r.walletId === wallet);
    expect(rows.map((r) => [r.sequence, r.kind, r.amountMicros, r.wallet.postedMicros])).toEqual([
      [1, 'deposit', 5_000, 5_000],
      [2, 'charge', -700, 4_300],
      [3, 'charge', -300, 4_000],
    ]);
  });
});
