import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Organization } from './organization-record.ts';
import { callPrice, type PriceBook, type ServicePrice } from './price-record.ts';
import {
  madeOrganization,
  type TestDirectory,
  testDirectory,
  UNTIL_TOLD,
} from './test-directory.ts';

let world: TestDirectory;
let agency: Organization;
let client: Organization;
let branch: Organization;
let stranger: Organization;
beforeAll(async () => {
  world = await testDirectory(UNTIL_TOLD);
  agency = await madeOrganization(world.first, 'agency');
  client = await madeOrganization(world.first, 'client', agency.id);
  branch = await madeOrganization(world.first, 'branch', client.id);
  stranger = await madeOrganization(world.first, 'stranger');
});
afterAll(() => world.stop());

function price(
  owner: Organization | null,
  service: string,
  rate: number,
  more: Partial<ServicePrice> = {},
): Omit<ServicePrice, 'updatedAt'> {
  return {
    organizationId: owner?.id ?? null,
    book: 'retail',
    service,
    unit: 'minute',
    rateMicrosPerMinute: rate,
    unitPriceMicros: null,
    initialSeconds: 60,
    subsequentSeconds: 6,
    exact: false,
    connectionFeeMicros: 0,
    minimumMicros: 0,
    currency: 'usd',
    ...more,
  };
}

describe('the price that applies', () => {
  // Every level sets its own; which of them exist is the row of the table.
  const levels = ['platform', 'agency', 'client', 'branch'] as const;
  const owners = (level: (typeof levels)[number]) =>
    ({ platform: null, agency, client, branch })[level];

  test.each([
    [[], undefined],
    [['platform'], 'platform'],
    [['platform', 'agency'], 'agency'],
    [['agency'], 'agency'],
    [['platform', 'client'], 'client'],
    [['agency', 'client'], 'client'],
    [['platform', 'agency', 'client', 'branch'], 'branch'],
    [['branch'], 'branch'],
  ] as const)('with retail prices of %j is that of the %s', async (set, expected) => {
    const service = `voice ${set.join()}`;
    for (const level of set) {
      await world.first.prices.put(price(owners(level), service, 1 + levels.indexOf(level)));
    }
    const found = await world.first.prices.priceFor(branch.id, service, 'retail');
    expect(found?.rateMicrosPerMinute).toBe(
      expected === undefined ? undefined : 1 + levels.indexOf(expected),
    );
  });

  test('of an agency is not that of a stranger, nor that of a client the agency’s', async () => {
    await world.first.prices.put(price(agency, 'sms', 10));
    await world.first.prices.put(price(client, 'fax', 20));
    const { prices } = world.first;
    expect(await prices.priceFor(stranger.id, 'sms', 'retail')).toBeUndefined();
    expect(await prices.priceFor(agency.id, 'fax', 'retail')).toBeUndefined();
    expect(await prices.priceFor('org_unknown', 'sms', 'retail')).toBeUndefined();
  });

  test('wholesale is the agency’s own or none', async () => {
    const { prices } = world.first;
    const wholesale = { book: 'wholesale' as PriceBook };
    await prices.put(price(agency, 'minute', 5, wholesale));
    await prices.put(price(null, 'minute', 9));
    expect(await prices.priceFor(agency.id, 'minute', 'wholesale')).toMatchObject({
      rateMicrosPerMinute: 5,
    });
    expect(await prices.priceFor(client.id, 'minute', 'wholesale')).toBeUndefined();
    expect(await prices.priceFor(agency.id, 'document', 'wholesale')).toBeUndefined();
    expect(await prices.hasWholesale(agency.id)).toBe(true);
    expect(await prices.hasWholesale(client.id)).toBe(false);
    expect(await prices.hasWholesale(stranger.id)).toBe(false);
    await expect(prices.put(price(null, 'minute', 9, wholesale))).rejects.toMatchObject({
      code: '23514',
    });
  });

  test('is none when the nearest is in another currency than the one asked for', async () => {
    const { prices } = world.first;
    await prices.put(price(null, 'page', 1));
    await prices.put(price(client, 'page', 2, { currency: 'eur' }));
    expect(await prices.priceFor(client.id, 'page', 'retail', 'eur')).toMatchObject({
      rateMicrosPerMinute: 2,
    });
    expect(await prices.priceFor(client.id, 'page', 'retail', 'usd')).toBeUndefined();
    expect(await prices.priceFor(stranger.id, 'page', 'retail', 'usd')).toMatchObject({
      rateMicrosPerMinute: 1,
    });
  });

  test('changes at once here, and without delay in a process that has the old one', async () => {
    await world.first.prices.put(price(agency, 'changing', 100));
    const rate = async (directory = world.first) =>
      (await directory.prices.priceFor(branch.id, 'changing', 'retail'))?.rateMicrosPerMinute;
    expect([await rate(), await rate(world.second)]).toEqual([100, 100]);
    await world.first.prices.put(price(agency, 'changing', 200));
    expect(await rate()).toBe(200);
    await expect.poll(() => rate(world.second)).toBe(200);
  });
});

describe('the price book', () => {
  test('replaces a price whole and keeps amounts up to 2^53-1 exactly', async () => {
    const unit = {
      unit: 'document',
      rateMicrosPerMinute: null,
      unitPriceMicros: Number.MAX_SAFE_INTEGER,
    };
    await world.first.prices.put(price(stranger, 'document', 1));
    const stored = await world.first.prices.put(price(stranger, 'document', 0, unit));
    expect(stored).toMatchObject({ ...unit, organizationId: stranger.id });
    expect(await world.first.prices.priceFor(stranger.id, 'document', 'retail')).toEqual(stored);
  });

  test('lists by book and service, page by page', async () => {
    const owner = await madeOrganization(world.first, 'listed');
    for (const service of ['c', 'a', 'b']) await world.first.prices.put(price(owner, service, 1));
    const one = await world.first.prices.list({ organizationId: owner.id, limit: 2 });
    expect(one.data.map((row) => row.service)).toEqual(['a', 'b']);
    expect(one.hasMore).toBe(true);
    const startingAfter = { book: 'retail' as const, service: 'b' };
    const two = await world.first.prices.list({
      organizationId: owner.id,
      limit: 2,
      startingAfter,
    });
    expect(two).toMatchObject({ hasMore: false, data: [{ service: 'c' }] });
  });

  test.each([
    [{}, { initialMs: 60_000, subsequentMs: 6_000 }],
    [{ exact: true }, { initialMs: 0, subsequentMs: 0 }],
  ])('gives the engine the increments of %j in milliseconds', (more, expected) => {
    const row = { ...price(null, 'voice_minute', 90, more), updatedAt: new Date() };
    expect(callPrice(row)).toMatchObject({ rateMicrosPerMinute: 90, ...expected });
    expect(callPrice({ ...row, rateMicrosPerMinute: null, unitPriceMicros: 5 })).toBeUndefined();
  });
});
