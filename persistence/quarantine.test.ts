import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpackWalletState, type WalletState } from '../engine/index.ts';
import { planBatch } from './flusher/batch.ts';
import { commitBatch, StaleBatch } from './flusher/commit.ts';
import { readEntry } from './flusher/entry.ts';
import { readLedger } from './flusher/read-ledger.ts';
import { acknowledgeRecord, listQuarantine, releaseWallet } from './quarantine.ts';
import { type ForkWorld, forkWorld } from './test/fork-world.ts';
import { CHAIN_KEY } from './test/ledger-world.ts';
import type { Scribe } from './test/scribe.ts';

let world: ForkWorld;
beforeAll(async () => {
  world = await forkWorld();
});
afterAll(() => world.stop());

function stateOf(scribe: Scribe, walletId: string): WalletState {
  const state = scribe.wallets.get(walletId);
  if (state === undefined) throw new Error('unknown wallet');
  return state;
}

describe('release', () => {
  test('a gap that was filled: waiting entries go in as they are, holds and all', async () => {
    const { a, b, scribe } = await world.twoWallets();
    const missing = scribe.move(a, 10);
    const { holdId, item } = scribe.authorize([a, b], 100);
    const captured = scribe.capture(holdId, 40);
    await world.commit([item, captured]);
    expect(await world.differences(a)).toEqual(['quarantined']);
    expect(await releaseWallet(world.sql, CHAIN_KEY, b)).toMatchObject({
      status: 'does_not_follow',
      kind: 'gap',
    });

    // The operator finds the missing entry (a backup of the stream) and hands it in.
    const { mutationId } = { mutationId: 'found' };
    await world.sql`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (${world.partition()}, ${missing.id}, 'gap', ${mutationId}, ${[a]}, ${missing.payload})`;
    expect(await releaseWallet(world.sql, CHAIN_KEY, b)).toMatchObject({
      status: 'released',
      entries: 3,
      rebased: false,
    });
    expect(await world.postedOf(a)).toEqual({ posted: 970, held: 0, sequence: 4 });
    expect([...(await world.differences(a)), ...(await world.differences(b))]).toEqual([]);
    const [hold] = await world.sql`SELECT state FROM holds WHERE id = ${holdId}`;
    expect(hold?.state).toBe('captured');
    expect(await releaseWallet(world.sql, CHAIN_KEY, a)).toEqual({ status: 'not_quarantined' });
  });

  test('a gap that stays: re-based, what followed counts once, however often it is read again', async () => {
    const { a, scribe } = await world.twoWallets();
    scribe.move(a, 10);
    const later = [scribe.move(a, 20), scribe.move(a, 30)];
    await world.commit(later);
    const released = await releaseWallet(world.sql, CHAIN_KEY, a, { rebase: true });
    expect(released).toMatchObject({ status: 'released', entries: 2, rebased: true });
    await world.commit(later);
    expect(await world.differences(a)).toEqual([]);
    expect(await world.postedOf(a)).toEqual({ posted: 1_050, held: 0, sequence: 3 });
  });

  test('a fork is refused as it is; re-based, both branches count and nothing counts twice', async () => {
    const { a, b, scribe } = await world.twoWallets();
    const branch = world.branchOf(scribe);
    await world.commit([scribe.move(a, 5), scribe.move(a, 7)]);
    const forked = [branch.move(a, 100), branch.move(a, 20)];
    const { holdId, item } = branch.authorize([a, b], 30);
    forked.push(item, branch.capture(holdId, 30));
    await world.commit(forked);
    expect(await world.postedOf(a)).toEqual({ posted: 1_012, held: 0, sequence: 3 });
    expect(await releaseWallet(world.sql, CHAIN_KEY, a)).toMatchObject({
      status: 'does_not_follow',
      kind: 'fork',
    });

    const released = await releaseWallet(world.sql, CHAIN_KEY, a, { rebase: true });
    expect(released).toMatchObject({ status: 'released', entries: 4, rebased: true });
    expect(await world.postedOf(a)).toEqual({ posted: 1_102, held: 0, sequence: 7 });
    expect(await world.postedOf(b)).toMatchObject({
      posted: 970,
      sequence: stateOf(branch, b).sequence,
    });
    expect([...(await world.differences(a)), ...(await world.differences(b))]).toEqual([]);
    const [row] = await world.sql`
      SELECT details FROM ledger_entries WHERE wallet_id = ${a} AND sequence = 4`;
    expect(row?.details).toEqual({ rebased_from: [2] });

    // A recovery that reads the same journal again finds all of it in the ledger.
    await world.commit(forked);
    expect(await world.differences(a)).toEqual([]);
  });

  test('re-based, a wallet has as many live calls as are open, whichever branch knew of them', async () => {
    const { a, b, scribe } = await world.twoWallets();
    scribe.kind = 'call';
    const before = scribe.authorize([a], 10);
    await world.commit([before.item]);
    const branch = world.branchOf(scribe);
    branch.kind = 'call';
    // The ledger saw the first call end and another begin; Redis forgot both, and had a third and a fourth.
    const { item } = scribe.authorize([a, b], 20);
    await world.commit([scribe.capture(before.holdId, 1), item]);
    const ended = branch.authorize([a], 30);
    const open = branch.authorize([a], 40);
    await world.commit([ended.item, open.item, branch.capture(ended.holdId, 5), branch.move(a, 1)]);
    await releaseWallet(world.sql, CHAIN_KEY, a, { rebase: true });
    expect(await world.differences(a)).toEqual([]);
    const [row] = await world.sql<{ state: Buffer }[]>`
      SELECT state FROM wallet_snapshots WHERE wallet_id = ${a}`;
    expect(unpackWalletState(row?.state)).toMatchObject({ liveCalls: 2, heldMicros: 60 });
  });

  test('a batch that was planned before it cannot put the wallet back into quarantine', async () => {
    const { a, scribe } = await world.twoWallets();
    const missing = scribe.move(a, 10);
    await world.commit([scribe.move(a, 20)]);
    await world.sql`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (${world.partition()}, ${missing.id}, 'gap', 'found', ${[a]}, ${missing.payload})`;
    const read = [readEntry(world.partition(), scribe.move(a, 30))];
    const ledger = await readLedger(world.sql, read);
    const stale = planBatch(read, ledger, CHAIN_KEY);
    expect([...stale.quarantinedWallets]).toEqual([a]);
    const [cursor] = await world.sql<{ from: string; epoch: number }[]>`
      SELECT stream_id AS from, epoch FROM journal_cursors WHERE partition = ${world.partition()}`;
    const { from = '', epoch = 0 } = cursor ?? {};
    expect(await releaseWallet(world.sql, CHAIN_KEY, a)).toMatchObject({ status: 'released' });
    const move = { partition: world.partition(), epoch, from, to: read[0]?.id ?? '' };
    await expect(commitBatch(world.sql, stale, [move])).rejects.toBeInstanceOf(StaleBatch);
    expect(await world.differences(a)).toEqual([]);
  });

  test('what waits is listed, oldest first', async () => {
    const { a, scribe } = await world.twoWallets();
    scribe.move(a, 1);
    const items = [scribe.move(a, 2), scribe.move(a, 3)];
    await world.commit(items);
    const waiting = (await listQuarantine(world.sql)).filter((one) => one.walletIds.includes(a));
    expect(waiting.map((one) => [one.kind, one.streamId])).toEqual([
      ['gap', items[0]?.id],
      ['behind', items[1]?.id],
    ]);
  });

  test('a key used twice is acknowledged; an entry that a wallet waits for is not', async () => {
    const { a, scribe } = await world.twoWallets();
    const request = { requestKind: 'request', requestScope: 'org_q', requestKey: 'twice' };
    await world.commit([scribe.move(a, 1, request), scribe.move(a, 1, request)]);
    scribe.move(a, 1);
    await world.commit([scribe.move(a, 1)]);
    const open = async () =>
      (await listQuarantine(world.sql)).filter((one) => one.walletIds.includes(a));
    const [twice, gap] = await open();
    expect([twice?.kind, gap?.kind]).toEqual(['natural_key', 'gap']);
    expect(await acknowledgeRecord(world.sql, twice?.id ?? 0)).toBe(true);
    expect(await acknowledgeRecord(world.sql, twice?.id ?? 0)).toBe(false);
    expect(await acknowledgeRecord(world.sql, gap?.id ?? 0)).toBe(false);
    expect((await open()).map((one) => one.kind)).toEqual(['gap']);
  });
});
