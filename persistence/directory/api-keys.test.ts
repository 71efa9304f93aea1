import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  madeOrganization,
  type TestDirectory,
  testDirectory,
  UNTIL_TOLD,
} from './test-directory.ts';

let world: TestDirectory;
beforeAll(async () => {
  world = await testDirectory(UNTIL_TOLD);
});
afterAll(() => world.stop());

async function madeKey(name = 'key') {
  const organization = await madeOrganization(world.first, 'owner');
  const made = await world.first.apiKeys.create({
    organizationId: organization.id,
    role: 'organization',
    name,
  });
  return { organization, ...made };
}

describe('API keys', () => {
  test('are found by the text that was shown once', async () => {
    const { key, apiKey, organization } = await madeKey();
    expect(key).toMatch(/^rf_test_[A-Za-z0-9_-]{43}$/);
    expect(key.startsWith(apiKey.prefix)).toBe(true);
    const found = await world.second.apiKeys.find(key);
    expect(found).toEqual(apiKey);
    expect(found).toMatchObject({ organizationId: organization.id, role: 'organization' });
  });

  test('are stored as a hash only', async () => {
    const { key, apiKey } = await madeKey();
    const [row] = await world.sql`select * from api_keys where id = ${apiKey.id}`;
    expect(row?.hash).toEqual(createHash('sha256').update(key).digest());
    expect(JSON.stringify(row)).not.toContain(key);
    expect(JSON.stringify(row)).not.toContain(key.slice(apiKey.prefix.length));
  });

  test('are not found when altered, cut, or not a key at all', async () => {
    const { key } = await madeKey();
    const flipped = key.slice(0, -2) + (key.at(-2) === 'A' ? 'B' : 'A') + key.slice(-1);
    for (const wrong of [
      flipped,
      key.slice(0, -1),
      `${key}A`,
      ` ${key}`,
      '',
      "' or 1=1 --",
      '\0',
    ]) {
      expect(await world.first.apiKeys.find(wrong)).toBeUndefined();
    }
  });

  test('end at once here, and without delay in a process that has the key cached', async () => {
    const { key, apiKey } = await madeKey();
    expect(await world.first.apiKeys.find(key)).toBeDefined();
    expect(await world.second.apiKeys.find(key)).toBeDefined();
    const revoked = await world.first.apiKeys.revoke(apiKey.id);
    expect(revoked?.revokedAt).toBeInstanceOf(Date);
    expect(await world.first.apiKeys.find(key)).toBeUndefined();
    await expect.poll(() => world.second.apiKeys.find(key)).toBeUndefined();
    const again = await world.first.apiKeys.revoke(apiKey.id);
    expect(again?.revokedAt).toEqual(revoked?.revokedAt);
    expect(await world.first.apiKeys.revoke('key_unknown')).toBeUndefined();
  });

  test('are listed by organization, newest first, revoked ones included', async () => {
    const { organization, apiKey } = await madeKey('older');
    await madeKey('of another organization');
    const newer = await world.first.apiKeys.create({
      organizationId: organization.id,
      role: 'finance',
      name: 'newer',
    });
    await world.first.apiKeys.revoke(apiKey.id);
    const request = { organizationId: organization.id, limit: 1 };
    const one = await world.first.apiKeys.list(request);
    const two = await world.first.apiKeys.list({ ...request, startingAfter: newer.apiKey.id });
    expect(one).toMatchObject({ hasMore: true, data: [{ name: 'newer' }] });
    expect(two).toMatchObject({ hasMore: false, data: [{ name: 'older' }] });
  });

  test('of the platform have no organization, and the others must have one', async () => {
    const platform = { organizationId: null, role: 'platform' as const, name: 'platform' };
    const { key } = await world.first.apiKeys.create(platform);
    expect(await world.first.apiKeys.find(key)).toMatchObject({ organizationId: null });
    const orphan = { organizationId: null, role: 'organization' as const, name: 'orphan' };
    await expect(world.first.apiKeys.create(orphan)).rejects.toMatchObject({ code: '23514' });
  });
});
