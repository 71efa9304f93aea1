import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Organization } from './organization-record.ts';
import {
  madeOrganization,
  type TestDirectory,
  testDirectory,
  UNTIL_TOLD,
} from './test-directory.ts';

let world: TestDirectory;
let one: Organization;
let two: Organization;
beforeAll(async () => {
  world = await testDirectory(UNTIL_TOLD);
  one = await madeOrganization(world.first, 'one');
  two = await madeOrganization(world.first, 'two');
});
afterAll(() => world.stop());

function binding(organization: Organization, externalId: string) {
  const kind = 'phone_number' as const;
  return { provider: 'vapi', kind, externalId, organizationId: organization.id };
}

test('a binding leads from the provider’s id to the organization and its wallet', async () => {
  const wallet = await world.first.wallets.create({ organization: one, currency: 'usd' });
  const metadata = { assistant_id: 'a-1' };
  await world.first.bindings.put({ ...binding(one, '+1'), walletId: wallet.id, metadata });
  expect(await world.second.bindings.find('vapi', 'phone_number', '+1')).toMatchObject({
    organizationId: one.id,
    walletId: wallet.id,
    metadata,
  });
  expect(await world.first.bindings.find('vapi', 'assistant', '+1')).toBeUndefined();
  expect(await world.first.bindings.find('retell', 'phone_number', '+1')).toBeUndefined();
});

test('a binding is replaced by its own organization, without delay everywhere', async () => {
  const find = () => world.second.bindings.find('vapi', 'phone_number', '+2');
  await world.first.bindings.put({ ...binding(one, '+2'), metadata: { version: 1 } });
  expect(await find()).toMatchObject({ metadata: { version: 1 } });
  await world.first.bindings.put({ ...binding(one, '+2'), metadata: { version: 2 } });
  await expect.poll(find).toMatchObject({ metadata: { version: 2 } });
});

test('a binding is taken from another organization only if the caller names that one', async () => {
  const { bindings } = world.first;
  await bindings.put(binding(one, '+3'));
  expect(await bindings.put(binding(two, '+3'))).toEqual({ status: 'bound_elsewhere' });
  expect(await bindings.put(binding(two, '+3'), 'org_wrong')).toEqual({
    status: 'bound_elsewhere',
  });
  expect(await bindings.find('vapi', 'phone_number', '+3')).toMatchObject({
    organizationId: one.id,
  });
  expect(await bindings.put(binding(two, '+3'), one.id)).toMatchObject({ status: 'bound' });
  expect(await bindings.find('vapi', 'phone_number', '+3')).toMatchObject({
    organizationId: two.id,
  });
});
