import { describe, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { createDirectory } from './directory.ts';
import { madeOrganization, TEST_PARTITIONS, testDirectory } from './test-directory.ts';

/** A world with an agency, its client, a price, a key and a wallet, read once by `reader`. */
async function warmWorld(ttlMs: number) {
  const world = await testDirectory();
  const agency = await madeOrganization(world.first, 'agency');
  const client = await madeOrganization(world.first, 'client', agency.id);
  await world.first.prices.put({
    organizationId: agency.id,
    book: 'retail',
    service: 'voice_minute',
    unit: 'minute',
    rateMicrosPerMinute: 90_000,
    unitPriceMicros: null,
    initialSeconds: 1,
    subsequentSeconds: 1,
    exact: false,
    connectionFeeMicros: 0,
    minimumMicros: 0,
    currency: 'usd',
  });
  const { key } = await world.first.apiKeys.create({
    organizationId: client.id,
    role: 'organization',
    name: 'dialer',
  });
  await world.first.defaultWallets.find(client, 'usd');
  // Listens only from here on, on a connection of its own, so that no notice of the writes above empties
  // what it has read.
  const readerSql = connect(world.url, { max: 4, applicationName: 'reader' });
  const reader = createDirectory(readerSql, {
    partitions: TEST_PARTITIONS,
    keyMode: 'test',
    cacheLimits: { ttlMs },
  });
  await reader.start();
  const read = async () => ({
    chain: (await reader.organizations.chain(client.id)).map(({ name }) => name),
    rate: (await reader.prices.priceFor(client.id, 'voice_minute', 'retail'))?.rateMicrosPerMinute,
    agencyHasWholesale: await reader.prices.hasWholesale(agency.id),
    key: (await reader.apiKeys.find(key))?.name,
    currency: (await reader.defaultWallets.find(client, 'usd')).currency,
  });
  const stop = async () => {
    await readerSql.end({ timeout: 1 });
    await world.stop();
  };
  return { world, client, reader, readerSql, read, before: await read(), stop };
}

describe('the directory', () => {
  test('goes on answering what it has read while Postgres is away', async () => {
    // Everything is stale at once: each read really tries, fails, and falls back.
    const { client, reader, readerSql, read, before, stop } = await warmWorld(0);
    expect(before).toEqual({
      chain: ['client', 'agency'],
      rate: 90_000,
      agencyHasWholesale: false,
      key: 'dialer',
      currency: 'usd',
    });
    await readerSql.end({ timeout: 1 });
    expect(await read()).toEqual(before);
    expect(await read()).toEqual(before);
    await expect(reader.organizations.get('org_never_read')).rejects.toMatchObject({
      code: 'CONNECTION_ENDED',
    });
    await expect(reader.organizations.patch(client.id, { name: 'x' })).rejects.toMatchObject({
      code: 'CONNECTION_ENDED',
    });
    await stop();
  });

  test('asks again for everything after the notifying connection was lost', async () => {
    const { world, client, reader, stop } = await warmWorld(600_000);
    const name = async () => (await reader.organizations.get(client.id))?.name;
    expect(await name()).toBe('client');
    // The listener is cut, and the change is made before it can be back: its notice is lost.
    const cut = await world.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'reader'
        and query ilike 'listen%'`;
    expect(cut).toHaveLength(1);
    await world.sql`update organizations set name = 'renamed' where id = ${client.id}`;
    await expect.poll(name).toBe('renamed');
    await stop();
  });

  test('serves a hot read without asking Postgres', async () => {
    const { world, read, before, stop } = await warmWorld(600_000);
    await world.sql`truncate organizations, prices, api_keys cascade`;
    expect(await read()).toEqual(before);
    await stop();
  });
});
