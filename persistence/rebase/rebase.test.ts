/** What both branches of a fork did with the same hold or the same limits. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HoldState, unpackHoldState, unpackWalletState } from '../../engine/index.ts';
import type { StreamEntry } from '../flusher/entry.ts';
import { releaseWallet } from '../quarantine.ts';
import { type ForkWorld, forkWorld } from '../test/fork-world.ts';
import { CHAIN_KEY } from '../test/ledger-world.ts';
import type { Scribe } from '../test/scribe.ts';

let world: ForkWorld;
beforeAll(async () => {
  world = await forkWorld();
});
afterAll(() => world.stop());

/** A call hold of 100 on two wallets that is in the ledger, and a branch that knows of it. */
async function forkedHold() {
  const { a, b, scribe } = await world.twoWallets();
  scribe.kind = 'call';
  const { holdId, item } = scribe.authorize([a, b], 100);
  await world.commit([item]);
  return { a, b, scribe, branch: world.branchOf(scribe), holdId };
}

/** The ledger takes the one branch, and the other one is put on top of it. */
async function rebased(walletId: string, first: StreamEntry[], second: StreamEntry[]) {
  await world.commit(first);
  await world.commit(second);
  expect(await world.differences(walletId)).toContain('quarantined');
  const released = await releaseWallet(world.sql, CHAIN_KEY, walletId, { rebase: true });
  expect(released).toMatchObject({ status: 'released', rebased: true });
}

async function holdOf(holdId: string): Promise<HoldState> {
  const [row] = await world.sql<{ snapshot: Buffer }[]>`
    SELECT snapshot FROM holds WHERE id = ${holdId}`;
  return unpackHoldState(row?.snapshot);
}

async function stateOf(walletId: string) {
  const [row] = await world.sql<{ state: Buffer }[]>`
    SELECT state FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  return unpackWalletState(row?.state);
}

async function bothFine(...walletIds: string[]): Promise<void> {
  for (const walletId of walletIds) expect(await world.differences(walletId)).toEqual([]);
}

test('a hold that ended in both was held once, and both have taken', async () => {
  const { a, b, scribe, branch, holdId } = await forkedHold();
  const ends = [branch.capture(holdId, 30)];
  await rebased(a, [scribe.capture(holdId, 40)], ends);
  expect(await world.postedOf(a)).toEqual({ posted: 930, held: 0, sequence: 4 });
  expect(await world.postedOf(b)).toEqual({ posted: 930, held: 0, sequence: 4 });
  const hold = await holdOf(holdId);
  expect(hold.legs.map(({ capturedMicros }) => capturedMicros)).toEqual([70, 70]);
  await bothFine(a, b);
  await world.commit(ends);
  await bothFine(a, b);
});

test('a hold that ended in the ledger stays ended, however it went on in the other branch', async () => {
  const { a, b, scribe, branch, holdId } = await forkedHold();
  const on = [branch.start(holdId), branch.extend(holdId, 250)];
  await rebased(a, [scribe.capture(holdId, 40)], on);
  expect(await world.postedOf(a)).toMatchObject({ posted: 960, held: 0 });
  expect(await holdOf(holdId)).toMatchObject({ state: 'captured' });
  expect(await stateOf(a)).toMatchObject({ liveCalls: 0, heldMicros: 0 });
  await bothFine(a, b);
});

test('a hold that is open in both holds what the later word says', async () => {
  const { a, b, scribe, branch, holdId } = await forkedHold();
  const more = [branch.extend(holdId, 150), branch.start(holdId)];
  await rebased(a, [scribe.extend(holdId, 400)], more);
  expect(await world.postedOf(b)).toMatchObject({ posted: 1_000, held: 150 });
  expect(await holdOf(holdId)).toMatchObject({ state: 'live', closedAtMs: 0 });
  expect(await stateOf(b)).toMatchObject({ liveCalls: 1, heldMicros: 150 });
  await bothFine(a, b);
});

test('a hold that the ledger left open ends with its whole amount', async () => {
  const { a, b, scribe, branch, holdId } = await forkedHold();
  const ends = [branch.capture(holdId, 10)];
  await rebased(a, [scribe.extend(holdId, 400)], ends);
  expect(await world.postedOf(a)).toMatchObject({ posted: 990, held: 0 });
  await bothFine(a, b);
});

test('limits are the ledger’s, but for those that the other branch set', async () => {
  const { a, scribe } = await world.twoWallets();
  const branch: Scribe = world.branchOf(scribe);
  const inLedger = [scribe.configure(a, { creditLimitMicros: 500, maxLiveCalls: 3 })];
  const inBranch = [branch.move(a, 7), branch.configure(a, { maxLiveCalls: 9 }), branch.move(a, 1)];
  await rebased(a, inLedger, inBranch);
  expect(await stateOf(a)).toMatchObject({ creditLimitMicros: 500, maxLiveCalls: 9 });
  expect(await world.postedOf(a)).toMatchObject({ posted: 1_008, sequence: 5 });
  await bothFine(a);
});
