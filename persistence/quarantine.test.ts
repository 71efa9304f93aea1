import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WalletState } from '../engine/index.ts';
import { planBatch } from './flusher/batch.ts';
import { commitBatch, StaleBatch } from './flusher/commit.ts';
import { drain } from './flusher/drain.ts';
import { readEntry, type StreamEntry } from './flusher/entry.ts';
import { readLedger } from './flusher/read-ledger.ts';
import { acknowledgeRecord, listQuarantine, releaseWallet } from './quarantine.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from './test/ledger-world.ts';
import { Scribe } from './test/scribe.ts';
import { verify } from './verify/verify.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.stop());

let partition = 0;
/** Two wallets of a partition of their own, with 1,000 each. */
async function twoWallets() {
  partition += 1;
  const [a, b] = [await world.wallet(partition), await world.wallet(partition)];
  const scribe = new Scribe(world.organizationId);
  await commit([scribe.move(a, 1_000), scribe.move(b, 1_000)]);
  return { a, b, scribe };
}

async function commit(items: StreamEntry[]): Promise<void> {
  await world.sql`INSERT INTO journal_cursors (partition) VALUES (${partition})
    ON CONFLICT DO NOTHING`;
  const [row] = await world.sql<{ epoch: number }[]>`
    SELECT epoch FROM journal_cursors WHERE partition = ${partition}`;
  const context = { sql: world.sql, chainKey: CHAIN_KEY };
  await drain(context, partition, items, row?.epoch ?? 0);
}

/** A scribe that goes on from where another one was, as a Redis that lost its tail does. */
function branchOf(scribe: Scribe): Scribe {
  const branch = new Scribe(world.organizationId);
  for (const [id, wallet] of scribe.wallets) branch.wallets.set(id, wallet);
  for (const [id, hold] of scribe.holds) branch.holds.set(id, hold);
  branch.now = scribe.now + 1_000;
  return branch;
}

async function postedOf(walletId: string) {
  const [row] = await world.sql<{ posted: number; held: number; sequence: number }[]>`
    SELECT posted_micros AS posted, held_micros AS held, sequence
    FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  return row;
}

async function differences(walletId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const one of verify({ sql: world.sql, chainKey: CHAIN_KEY, walletIds: [walletId] })) {
    found.push(one.what);
  }
  return found;
}

function stateOf(scribe: Scribe, walletId: string): WalletState {
  const state = scribe.wallets.get(walletId);
  if (state === undefined) throw new Error('unknown wallet');
  return state;
}

describe('release', () => {
  test('a gap that was filled: waiting entries go in as they are, holds and all', async () => {
    const { a, b, scribe } = await twoWallets();
    const missing = scribe.move(a, 10);
    const { holdId, item } = scribe.authorize([a, b], 100);
    const captured = scribe.capture(holdId, 40);
    await commit([item, captured]);
    expect(await differences(a)).toEqual(['quarantined']);
    expect(await releaseWallet(world.sql, CHAIN_KEY, b)).toMatchObject({
      status: 'does_not_follow',
      kind: 'gap',
    });

    // The operator finds the missing entry (a backup of the stream) and hands it in.
    const { mutationId } = { mutationId: 'found' };
    await world.sql`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (${partition}, ${missing.id}, 'gap', ${mutationId}, ${[a]}, ${missing.payload})`;
    expect(await releaseWallet(world.sql, CHAIN_KEY, b)).toMatchObject({
      status: 'released',
      entries: 3,
      rebased: false,
    });
    expect(await postedOf(a)).toEqual({ posted: 970, held: 0, sequence: 4 });
    expect([...(await differences(a)), ...(await differences(b))]).toEqual([]);
    const [hold] = await world.sql`SELECT state FROM holds WHERE id = ${holdId}`;
    expect(hold?.state).toBe('captured');
    expect(await releaseWallet(world.sql, CHAIN_KEY, a)).toEqual({ status: 'not_quarantined' });
  });

  test('a gap that stays: re-based, what followed counts once, however often it is read again', async () => {
    const { a, scribe } = await twoWallets();
    scribe.move(a, 10);
    const later = [scribe.move(a, 20), scribe.move(a, 30)];
    await commit(later);
    const released = await releaseWallet(world.sql, CHAIN_KEY, a, { rebase: true });
    expect(released).toMatchObject({ status: 'released', entries: 2, rebased: true });
    await commit(later);
    expect(await differences(a)).toEqual([]);
    expect(await postedOf(a)).toEqual({ posted: 1_050, held: 0, sequence: 3 });
  });

  test('a fork is refused as it is; re-based, both branches count and nothing counts twice', async () => {
    const { a, b, scribe } = await twoWallets();
    const branch = branchOf(scribe);
    await commit([scribe.move(a, 5), scribe.move(a, 7)]);
    const forked = [branch.move(a, 100), branch.move(a, 20)];
    const { holdId, item } = branch.authorize([a, b], 30);
    forked.push(item, branch.capture(holdId, 30));
    await commit(forked);
    expect(await postedOf(a)).toEqual({ posted: 1_012, held: 0, sequence: 3 });
    expect(await releaseWallet(world.sql, CHAIN_KEY, a)).toMatchObject({
      status: 'does_not_follow',
      kind: 'fork',
    });

    const released = await releaseWallet(world.sql, CHAIN_KEY, a, { rebase: true });
    expect(released).toMatchObject({ status: 'released', entries: 4, rebased: true });
    expect(await postedOf(a)).toEqual({ posted: 1_102, held: 0, sequence: 7 });
    expect(await postedOf(b)).toMatchObject({ posted: 970, sequence: stateOf(branch, b).sequence });
    expect([...(await differences(a)), ...(await differences(b))]).toEqual([]);
    const [row] = await world.sql`
      SELECT details FROM ledger_entries WHERE wallet_id = ${a} AND sequence = 4`;
    expect(row?.details).toEqual({ rebased_from: [2] });

    // A recovery that reads the same journal again finds all of it in the ledger.
    await commit(forked);
    expect(await differences(a)).toEqual([]);
  });

  test('a batch that was planned before it cannot put the wallet back into quarantine', async () => {
    const { a, scribe } = await twoWallets();
    const missing = scribe.move(a, 10);
    await commit([scribe.move(a, 20)]);
    await world.sql`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (${partition}, ${missing.id}, 'gap', 'found', ${[a]}, ${missing.payload})`;
    const read = [readEntry(partition, scribe.move(a, 30))];
    const ledger = await readLedger(world.sql, read);
    const stale = planBatch(read, ledger, CHAIN_KEY);
    expect([...stale.quarantinedWallets]).toEqual([a]);
    const [cursor] = await world.sql<{ from: string; epoch: number }[]>`
      SELECT stream_id AS from, epoch FROM journal_cursors WHERE partition = ${partition}`;
    const { from = '', epoch = 0 } = cursor ?? {};
    expect(await releaseWallet(world.sql, CHAIN_KEY, a)).toMatchObject({ status: 'released' });
    const move = { partition, epoch, from, to: read[0]?.id ?? '' };
    await expect(commitBatch(world.sql, stale, [move])).rejects.toBeInstanceOf(StaleBatch);
    expect(await differences(a)).toEqual([]);
  });

  test('what waits is listed, oldest first', async () => {
    const { a, scribe } = await twoWallets();
    scribe.move(a, 1);
    const items = [scribe.move(a, 2), scribe.move(a, 3)];
    await commit(items);
    const waiting = (await listQuarantine(world.sql)).filter((one) => one.walletIds.includes(a));
    expect(waiting.map((one) => [one.kind, one.streamId])).toEqual([
      ['gap', items[0]?.id],
      ['behind', items[1]?.id],
    ]);
  });

  test('a key used twice is acknowledged; an entry that a wallet waits for is not', async () => {
    const { a, scribe } = await twoWallets();
    const request = { requestKind: 'request', requestScope: 'org_q', requestKey: 'twice' };
    await commit([scribe.move(a, 1, request), scribe.move(a, 1, request)]);
    scribe.move(a, 1);
    await commit([scribe.move(a, 1)]);
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
