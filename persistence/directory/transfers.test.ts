import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { madeOrganization, type TestDirectory, testDirectory } from './test-directory.ts';
import type { NewTransfer, TransferState } from './transfers.ts';

let world: TestDirectory;
let base: Omit<NewTransfer, 'request'>;
beforeAll(async () => {
  world = await testDirectory();
  const organization = await madeOrganization(world.first, 'owner');
  const from = await world.first.wallets.create({ organization, currency: 'usd' });
  const to = await world.first.wallets.create({ organization, currency: 'usd' });
  base = {
    organizationId: organization.id,
    fromWalletId: from.id,
    toWalletId: to.id,
    amountMicros: Number.MAX_SAFE_INTEGER,
  };
});
afterAll(() => world.stop());

async function made(key: string) {
  const request = { scope: 'org_1', key, fingerprint: 'body' };
  return (await world.first.transfers.create({ ...base, request })).transfer;
}

describe('transfer intents', () => {
  test('are made once per request, however many ask at once', async () => {
    const request = { scope: 'org_1', key: 'raced', fingerprint: 'body' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? world.first : world.second).transfers.create({ ...base, request }),
      ),
    );
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.transfer.id)).size).toBe(1);
    const other = { ...request, fingerprint: 'another body' };
    const again = await world.first.transfers.create({ ...base, request: other });
    expect(again).toMatchObject({ created: false, transfer: { fingerprint: 'body' } });
    expect(again.transfer.amountMicros).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('take each step once', async () => {
    const { id } = await made('stepped');
    const steps = await Promise.all([
      world.first.transfers.advance(id, 'created', 'debited'),
      world.second.transfers.advance(id, 'created', 'debited'),
      world.second.transfers.advance(id, 'created', 'refused'),
    ]);
    expect(steps.filter((step) => step !== undefined)).toHaveLength(1);
  });

  test('keep why they were refused', async () => {
    const { id } = await made('refused');
    const refusal = { code: 'insufficient_funds', spendable_micros: 5 };
    await world.first.transfers.advance(id, 'created', 'refused', refusal);
    expect(await world.second.transfers.get(id)).toMatchObject({ state: 'refused', refusal });
  });

  test.each<[TransferState, TransferState]>([
    ['completed', 'reversing'],
    ['created', 'completed'],
    ['refused', 'debited'],
    ['debited', 'created'],
    ['debited', 'refused'],
    ['reversing', 'completed'],
    ['created', 'reversed'],
  ])('never go from %s to %s', async (from, to) => {
    const { id } = await made('never');
    await expect(world.first.transfers.advance(id, from, to)).rejects.toThrow(`from ${from}`);
  });

  test('in transit are listed for whoever resumes them, the longest idle first', async () => {
    await world.sql`truncate transfers`;
    const [one, two, done] = [await made('one'), await made('two'), await made('done')];
    await world.first.transfers.advance(one.id, 'created', 'debited');
    await world.first.transfers.advance(done.id, 'created', 'debited');
    await world.first.transfers.advance(done.id, 'debited', 'completed');
    const ids = async (idleMs: number, limit = 10) =>
      (await world.second.transfers.unfinished(idleMs, limit)).map((transfer) => transfer.id);
    expect(await ids(0)).toEqual([two.id, one.id]);
    expect(await ids(0, 1)).toEqual([two.id]);
    expect(await ids(60_000)).toEqual([]);
  });
});
