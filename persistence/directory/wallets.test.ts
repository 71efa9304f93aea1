import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packWalletState, partitionOf, unpackWalletState } from '../../engine/index.ts';
import {
  madeOrganization,
  TEST_PARTITIONS,
  type TestDirectory,
  testDirectory,
} from './test-directory.ts';

let world: TestDirectory;
beforeAll(async () => {
  world = await testDirectory({ ttlMs: 300 });
});
afterAll(() => world.stop());

async function snapshotOf(walletId: string) {
  const [row] = await world.sql<{ state: Buffer; sequence: number; partition: number }[]>`
    select * from wallet_snapshots where wallet_id = ${walletId}`;
  if (row === undefined) throw new Error(`no snapshot of ${walletId}`);
  return { ...row, state: unpackWalletState(row.state) };
}

async function freeze(walletId: string): Promise<void> {
  const { state } = await snapshotOf(walletId);
  const frozen = packWalletState({ ...state, frozen: true });
  await world.sql`update wallet_snapshots set state = ${frozen} where wallet_id = ${walletId}`;
}

describe('wallets', () => {
  test('are made with a snapshot at sequence 0 that holds their limits', async () => {
    const organization = await madeOrganization(world.first, 'owner');
    const wallet = await world.first.wallets.create({
      organization,
      currency: 'usd',
      name: 'voice',
      limits: { creditLimitMicros: 5_000_000, cutoffThresholdMicros: 7, maxLiveCalls: 3 },
    });
    expect(wallet).toMatchObject({ organizationId: organization.id, currency: 'usd' });
    const snapshot = await snapshotOf(wallet.id);
    expect(snapshot).toMatchObject({ sequence: 0, partition: wallet.partition });
    expect(snapshot.state).toMatchObject({
      postedMicros: 0,
      heldMicros: 0,
      creditLimitMicros: 5_000_000,
      cutoffThresholdMicros: 7,
      lowBalanceThresholdMicros: 0,
      maxLiveCalls: 3,
      frozen: false,
    });
    expect(await world.second.wallets.get(wallet.id)).toEqual(wallet);
    expect(await world.first.wallets.get('wal_unknown')).toBeUndefined();
  });

  test('of an agency and its clients share the partition of their root', async () => {
    const agency = await madeOrganization(world.first, 'agency');
    const client = await madeOrganization(world.first, 'client', agency.id);
    const partition = partitionOf(agency.id, TEST_PARTITIONS);
    for (const organization of [agency, client]) {
      const wallet = await world.first.wallets.create({ organization, currency: 'usd' });
      expect(wallet).toMatchObject({ partition, rootId: agency.id });
    }
  });

  test('tell the sequence that the ledger has committed', async () => {
    const organization = await madeOrganization(world.first, 'owner');
    const wallet = await world.first.wallets.create({ organization, currency: 'usd' });
    await world.sql`update wallet_snapshots set sequence = 42 where wallet_id = ${wallet.id}`;
    const sequences = await world.first.wallets.ledgerSequences([wallet.id, 'wal_unknown']);
    expect(sequences).toEqual(new Map([[wallet.id, 42]]));
  });

  test('are listed for exactly one organization, or for one and all below it', async () => {
    const agency = await madeOrganization(world.first, 'agency');
    const client = await madeOrganization(world.first, 'client', agency.id);
    const { wallets } = world.first;
    const ours = await wallets.create({ organization: agency, currency: 'usd' });
    const theirs = await wallets.create({ organization: client, currency: 'usd' });
    const exact = await wallets.list({ organizationId: client.id, limit: 10 });
    expect(exact.data).toEqual([theirs]);
    const family = await wallets.list({ within: agency.id, limit: 10 });
    expect(family.data).toHaveLength(2);
    expect(family.data).toEqual(expect.arrayContaining([ours, theirs]));
  });
});

describe('the default wallet', () => {
  test('is made once, however many ask at once in however many processes', async () => {
    const organization = await madeOrganization(world.first, 'raced');
    const asks = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? world.first : world.second).defaultWallets.find(organization, 'usd'),
    );
    const found = await Promise.all(asks);
    expect(new Set(found.map((wallet) => wallet.id)).size).toBe(1);
    const { data } = await world.first.wallets.list({
      organizationId: organization.id,
      limit: 100,
    });
    expect(data).toHaveLength(1);
  });

  test('is another one in another currency and in another organization', async () => {
    const [one, two] = [
      await madeOrganization(world.first, 'one'),
      await madeOrganization(world.first, 'two'),
    ];
    const found = await Promise.all([
      world.first.defaultWallets.find(one, 'usd'),
      world.first.defaultWallets.find(one, 'eur'),
      world.first.defaultWallets.find(two, 'usd'),
    ]);
    expect(new Set(found.map((wallet) => wallet.id)).size).toBe(3);
    expect(found[1]).toMatchObject({ currency: 'eur', organizationId: one.id });
  });

  test('is the oldest that is not frozen, and the oldest at all when every one is', async () => {
    const organization = await madeOrganization(world.first, 'owner');
    const older = await world.first.wallets.create({ organization, currency: 'usd' });
    const newer = await world.first.wallets.create({ organization, currency: 'usd' });
    const find = async () => (await world.second.defaultWallets.find(organization, 'usd')).id;
    expect(await find()).toBe(older.id);
    await freeze(older.id);
    await expect.poll(find, { timeout: 20_000 }).toBe(newer.id);
    await freeze(newer.id);
    await expect.poll(find, { timeout: 20_000 }).toBe(older.id);
  });

  test('is known at once after a wallet was made here', async () => {
    const organization = await madeOrganization(world.first, 'owner');
    const made = await world.first.wallets.create({ organization, currency: 'usd' });
    expect(await world.first.defaultWallets.find(organization, 'usd')).toEqual(made);
  });
});
