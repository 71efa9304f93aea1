import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ORGANIZATION_DEPTH_MAX } from './organizations.ts';
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

describe('organizations', () => {
  test('form a tree whose root is the topmost ancestor', async () => {
    const agency = await madeOrganization(world.first, 'agency');
    const client = await madeOrganization(world.first, 'client', agency.id);
    const branch = await madeOrganization(world.first, 'branch', client.id);
    expect(agency).toMatchObject({ parentId: null, rootId: agency.id, billingEnabled: true });
    expect(branch).toMatchObject({ parentId: client.id, rootId: agency.id });
    const chain = await world.first.organizations.chain(branch.id);
    expect(chain.map((one) => one.name)).toEqual(['branch', 'client', 'agency']);
  });

  test('know who is below whom, strictly', async () => {
    const { organizations } = world.first;
    const agency = await madeOrganization(world.first, 'agency');
    const client = await madeOrganization(world.first, 'client', agency.id);
    const other = await madeOrganization(world.first, 'other');
    expect(await organizations.isDescendant(agency.id, client.id)).toBe(true);
    expect(await organizations.isDescendant(client.id, agency.id)).toBe(false);
    expect(await organizations.isDescendant(agency.id, agency.id)).toBe(false);
    expect(await organizations.isDescendant(agency.id, other.id)).toBe(false);
    expect(await organizations.isDescendant(agency.id, 'org_unknown')).toBe(false);
  });

  test('refuse a parent that does not exist and a chain that is too deep', async () => {
    const { organizations } = world.first;
    expect(await organizations.create({ name: 'x', parentId: 'org_unknown' })).toEqual({
      status: 'parent_not_found',
    });
    let deepest = await madeOrganization(world.first, 'level 1');
    for (let level = 2; level <= ORGANIZATION_DEPTH_MAX; level += 1) {
      deepest = await madeOrganization(world.first, `level ${level}`, deepest.id);
    }
    expect(await organizations.chain(deepest.id)).toHaveLength(ORGANIZATION_DEPTH_MAX);
    expect(await organizations.create({ name: 'deeper', parentId: deepest.id })).toEqual({
      status: 'too_deep',
      depthMax: ORGANIZATION_DEPTH_MAX,
    });
  });

  test('never change their parent', async () => {
    const { organizations } = world.first;
    const agency = await madeOrganization(world.first, 'agency');
    const client = await madeOrganization(world.first, 'client', agency.id);
    const refused = { status: 'parent_change_refused' };
    expect(await organizations.patch(client.id, { parentId: null })).toEqual(refused);
    expect(await organizations.patch(agency.id, { parentId: client.id })).toEqual(refused);
    expect(await organizations.patch(client.id, { parentId: agency.id })).toMatchObject({
      status: 'patched',
    });
  });

  test('change only the fields that a patch names', async () => {
    const { organizations } = world.first;
    const made = await organizations.create({
      name: 'before',
      callPolicy: { quantum_seconds: 30 },
      metadata: { plan: 'a', nested: { 'quote"': "it's" } },
    });
    if (made.status !== 'created') throw new Error(made.status);
    const { id } = made.organization;
    await organizations.patch(id, { billingEnabled: false });
    expect(await organizations.get(id)).toMatchObject({
      name: 'before',
      billingEnabled: false,
      callPolicy: { quantum_seconds: 30 },
      metadata: { plan: 'a', nested: { 'quote"': "it's" } },
    });
    await organizations.patch(id, { callPolicy: {}, name: 'after' });
    expect(await organizations.get(id)).toMatchObject({ name: 'after', callPolicy: {} });
    expect(await organizations.patch('org_unknown', { name: 'x' })).toEqual({
      status: 'organization_not_found',
    });
  });

  test('show a change at once here and without delay in another process', async () => {
    const made = await madeOrganization(world.first, 'before');
    expect((await world.first.organizations.get(made.id))?.name).toBe('before');
    expect((await world.second.organizations.get(made.id))?.name).toBe('before');
    await world.first.organizations.patch(made.id, { name: 'after' });
    expect((await world.first.organizations.get(made.id))?.name).toBe('after');
    await expect
      .poll(async () => (await world.second.organizations.get(made.id))?.name)
      .toBe('after');
  });

  test('page without gaps or repeats while others are being made', async () => {
    const agency = await madeOrganization(world.first, 'paged');
    const before: string[] = [];
    for (let n = 0; n < 25; n += 1) {
      before.push((await madeOrganization(world.first, `client ${n}`, agency.id)).id);
    }
    const seen: string[] = [];
    let startingAfter: string | undefined;
    for (let hasMore = true; hasMore; ) {
      const page = await world.first.organizations.list({
        within: agency.id,
        limit: 7,
        ...(startingAfter === undefined ? {} : { startingAfter }),
      });
      seen.push(...page.data.map((one) => one.id));
      startingAfter = page.data.at(-1)?.id;
      hasMore = page.hasMore;
      await madeOrganization(world.second, 'meanwhile', agency.id);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining([...before, agency.id]));
    expect(seen).toHaveLength(26);
  });

  test('list only their own family', async () => {
    const agency = await madeOrganization(world.first, 'ours');
    const client = await madeOrganization(world.first, 'ours too', agency.id);
    await madeOrganization(world.first, 'theirs');
    const { data } = await world.first.organizations.list({ within: agency.id, limit: 100 });
    expect(data.map((one) => one.id).sort()).toEqual([agency.id, client.id].sort());
  });

  test.each([0, 101, 1.5, -1])('refuse a page of %d', async (limit) => {
    await expect(world.first.organizations.list({ limit })).rejects.toThrow(RangeError);
  });
});
