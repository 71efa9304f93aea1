import { afterAll, beforeAll, expect, test } from 'vitest';
import { ReconcileMarks } from './reconcile-marks.ts';
import { type TestDirectory, testDirectory } from './test-directory.ts';

const HOUR_MS = 3_600_000;
let directory: TestDirectory;
let marks: ReconcileMarks;
beforeAll(async () => {
  directory = await testDirectory();
  marks = new ReconcileMarks(directory.sql);
});
afterAll(() => directory.stop());

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
const account = (provider: string) => ({ provider, organizationId: '' });
const claim = (provider: string, owner = 'one') => marks.claim([account(provider)], owner, HOUR_MS);

test('of many processes one gets a pass, and another only when its lease is over', async () => {
  const owners = ['a', 'b', 'c', 'd', 'e'];
  const claims = await Promise.all(owners.map((owner) => claim('vapi', owner)));
  const winner = owners[claims.findIndex((order) => order !== undefined)] ?? '';
  expect(claims.filter((order) => order !== undefined)).toHaveLength(1);
  expect(await marks.renew(account('vapi'), winner, 0)).toBe(true);
  expect(await marks.renew(account('vapi'), 'nobody', HOUR_MS)).toBe(false);
  expect(await claim('vapi', 'late')).toMatchObject({ provider: 'vapi', reconciledUntil: null });
  await marks.finish(account('vapi'), winner, 0, true);
  expect(await claim('vapi', 'too late')).toBeUndefined();
});

test('a finished pass is due again after its pause', async () => {
  await claim('retell');
  await marks.finish(account('retell'), 'one', HOUR_MS, true);
  expect(await claim('retell')).toBeUndefined();
  await marks.request(account('retell'));
  expect(await claim('retell')).toBeDefined();
  await marks.finish(account('retell'), 'one', 0, true);
  expect(await claim('retell')).toBeDefined();
});

test('a request during a pass is not forgotten, and the furthest look back is kept', async () => {
  await marks.request(account('twilio'), at(5));
  await marks.request(account('twilio'), at(3));
  await marks.request(account('twilio'));
  expect(await claim('twilio')).toMatchObject({ wantedSince: at(3) });
  await marks.request(account('twilio'), at(4));
  await marks.finish(account('twilio'), 'one', HOUR_MS, true);
  expect(await claim('twilio')).toMatchObject({ wantedSince: at(3) });
  await marks.finish(account('twilio'), 'one', 0, false);
  expect(await claim('twilio')).toMatchObject({ wantedSince: at(3) });
  await marks.finish(account('twilio'), 'one', 0, true);
  expect(await claim('twilio')).toMatchObject({ wantedSince: null });
});

test('a mark moves forward only, and never over a gap', async () => {
  const gapless = account('gapless');
  await marks.advance(gapless, at(1), at(2));
  await marks.advance(gapless, at(3), at(4));
  expect(await marks.reconciledUntil(gapless)).toEqual(at(2));
  await marks.advance(gapless, at(0), at(1));
  expect(await marks.reconciledUntil(gapless)).toEqual(at(2));
  await marks.advance(gapless, at(2), at(5));
  expect(await marks.reconciledUntil(gapless)).toEqual(at(5));
  expect(await marks.reconciledUntil(account('unheard of'))).toBeNull();
});

test('each account has its own mark', async () => {
  const theirs = { provider: 'gapless', organizationId: 'org_1' };
  await marks.advance(theirs, at(1), at(9));
  expect(await marks.reconciledUntil(theirs)).toEqual(at(9));
  expect(await marks.reconciledUntil(account('gapless'))).toEqual(at(5));
  const order = await marks.claim([theirs, account('vapi')], 'one', HOUR_MS);
  expect(order).toMatchObject(theirs);
});
