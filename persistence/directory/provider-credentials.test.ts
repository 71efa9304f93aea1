/** Sealed credentials: one per organization and provider, the same in every process. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeOrganization, type TestDirectory, testDirectory } from './test-directory.ts';

let directory: TestDirectory;
let organizationId: string;
beforeAll(async () => {
  directory = await testDirectory();
  organizationId = (await madeOrganization(directory.first, 'Owner')).id;
});
afterAll(() => directory.stop());

const sealed = (fill: number) => Buffer.alloc(64, fill);
const vapi = { provider: 'vapi', accountSid: null };

test('the newest stand alone, and the other process hears of each change', async () => {
  const { first, second } = directory;
  const seen = () => second.credentials.find(organizationId, 'vapi');
  expect(await seen()).toBeUndefined();
  expect(await second.credentials.anyAt('vapi')).toBe(false);
  const made = await first.credentials.put({ ...vapi, organizationId, sealed: sealed(1) });
  await expect.poll(async () => (await seen())?.sealed[0], { timeout: 20_000 }).toBe(1);
  expect(await second.credentials.anyAt('vapi')).toBe(true);
  expect(await second.credentials.anyAt('retell')).toBe(false);
  const renewed = await first.credentials.put({ ...vapi, organizationId, sealed: sealed(2) });
  expect(renewed.createdAt).toEqual(made.createdAt);
  await expect.poll(async () => (await seen())?.sealed[0], { timeout: 20_000 }).toBe(2);
  expect(await first.credentials.remove(organizationId, 'vapi')).toBe(true);
  expect(await first.credentials.remove(organizationId, 'vapi')).toBe(false);
  await expect.poll(seen, { timeout: 20_000 }).toBeUndefined();
});

test('a Twilio account is found by its id, and no longer once it is another', async () => {
  const { credentials } = directory.first;
  const account = (accountSid: string) =>
    credentials.put({ organizationId, provider: 'twilio', sealed: sealed(3), accountSid });
  const owners = async (sid: string) =>
    (await credentials.withAccount(sid)).map((found) => found.organizationId);
  expect(await owners('AC1')).toEqual([]);
  await account('AC1');
  expect(await owners('AC1')).toEqual([organizationId]);
  await account('AC2');
  expect(await owners('AC1')).toEqual([]);
  expect(await owners('AC2')).toEqual([organizationId]);
  expect((await credentials.all()).map((found) => found.provider)).toEqual(['twilio']);
  await credentials.remove(organizationId, 'twilio');
  expect(await owners('AC2')).toEqual([]);
});
