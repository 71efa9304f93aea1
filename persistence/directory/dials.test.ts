/** One call is dialled by one, and what became of it is decided once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewDial } from './dials.ts';
import { madeOrganization, type TestDirectory, testDirectory } from './test-directory.ts';

const HOUR_MS = 3_600_000;
let directory: TestDirectory;
let organizationId: string;
let calls = 0;
beforeAll(async () => {
  directory = await testDirectory();
  organizationId = (await madeOrganization(directory.first, 'Dialer')).id;
});
afterAll(() => directory.stop());

function newDial(): NewDial {
  return {
    organizationId,
    callId: `call-${calls++}`,
    provider: 'vapi',
    account: '',
    fingerprint: 'f',
    from: 'phone-1',
    to: '+14155550100',
  };
}

const both = () => [directory.first.dials, directory.second.dials];

test('of many at once, in two processes, one begins', async () => {
  const dial = newDial();
  const begun = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (both()[i % 2] ?? raise()).begin(dial, HOUR_MS)),
  );
  expect(begun.filter((answer) => answer.begun)).toHaveLength(1);
  for (const answer of begun) expect(answer.dial).toMatchObject({ ...dial, state: 'dialing' });
});

test('the first decision stands', async () => {
  const { dials } = directory.first;
  const dial = newDial();
  await dials.begin(dial, HOUR_MS);
  const decided = await Promise.all([
    dials.decide(dial, { state: 'created', providerCallId: 'one' }, HOUR_MS),
    directory.second.dials.decide(dial, { state: 'refused', providerStatus: 400 }, HOUR_MS),
  ]);
  const last = await dials.find(dial);
  for (const answer of decided) expect(answer).toEqual(last);
  await dials.decide(dial, { state: 'unknown' }, HOUR_MS);
  expect(await dials.find(dial)).toEqual(last);
});

test('what is unknown can still be found or given up, and is not unknown a second time', async () => {
  const { dials } = directory.first;
  const dial = newDial();
  await dials.begin(dial, HOUR_MS);
  await dials.decide(dial, { state: 'unknown' }, HOUR_MS);
  const found = await dials.decide(dial, { state: 'created', providerCallId: 'two' }, HOUR_MS);
  expect(found).toMatchObject({ state: 'created', providerCallId: 'two', done: false });
  const given = newDial();
  await dials.begin(given, HOUR_MS);
  await dials.decide(given, { state: 'unknown' }, HOUR_MS);
  const refused = await dials.decide(given, { state: 'refused', providerStatus: undefined }, 0);
  expect(refused).toMatchObject({ state: 'refused', providerStatus: null });
  await dials.finish(given);
});

test('an unfinished dial comes up when it is due, to one process at a time', async () => {
  const { dials } = directory.first;
  const due = newDial();
  await dials.begin(due, 0);
  await dials.begin(newDial(), HOUR_MS);
  const claims = await Promise.all(both().map((process) => process.claim(10, HOUR_MS)));
  expect(claims.flat()).toEqual([expect.objectContaining({ callId: due.callId, looks: 1 })]);
  expect(await dials.claim(10, HOUR_MS)).toEqual([]);
  await dials.postpone(due, 0);
  expect(await dials.claim(10, 0)).toMatchObject([{ callId: due.callId, looks: 2 }]);
  await dials.finish(due);
  expect(await dials.claim(10, HOUR_MS)).toEqual([]);
  expect(await dials.anyOpenFrom('vapi', 'phone-1')).toBe(true);
  expect(await dials.anyOpenFrom('vapi', 'phone-2')).toBe(false);
  expect(await dials.anyOpenFrom('retell', 'phone-1')).toBe(false);
  expect(await dials.find(due)).toMatchObject({ done: true });
});

function raise(): never {
  throw new Error('no such process');
}
