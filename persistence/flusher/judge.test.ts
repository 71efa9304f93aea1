import { describe, expect, test } from 'vitest';
import { type JournalEntry, unpackJournalEntry } from '../../engine/index.ts';
import { CHAIN_KEY, NEW_WALLET } from '../test/ledger-world.ts';
import { Scribe } from '../test/scribe.ts';
import { type Batch, planBatch } from './batch.ts';
import { compareStreamIds, readEntry, type StreamEntry } from './entry.ts';
import type { WalletHead } from './judge.ts';
import type { Run } from './positions.ts';
import { batchesOf, halves } from './runs.ts';

const HEAD: WalletHead = {
  sequence: 0,
  postedMicros: 0,
  heldMicros: 0,
  chainHash: Buffer.alloc(32),
  quarantined: false,
};

function plan(items: StreamEntry[], heads: Record<string, Partial<WalletHead>>): Batch {
  const known = Object.entries(heads).map(([id, head]) => [id, { ...HEAD, ...head }] as const);
  const entries = items.map((item) => readEntry(1, item));
  return planBatch(entries, { heads: new Map(known), stored: new Map() }, CHAIN_KEY);
}

/** A scribe whose wallet `a` stands where the case says. */
function scribeAt(sequence: number, postedMicros: number): Scribe {
  const scribe = new Scribe('org_a');
  scribe.wallets.set('wal_a', { ...NEW_WALLET, sequence, postedMicros });
  return scribe;
}

describe('the verdict on an entry for wallet a (ledger: sequence 4, posted 100)', () => {
  const ledger = { wal_a: { sequence: 4, postedMicros: 100 } };
  test.each<[string, string | undefined, StreamEntry, Record<string, Partial<WalletHead>>]>([
    ['the next sequence is taken', undefined, scribeAt(4, 100).move('wal_a', 1), ledger],
    ['one sequence on is a gap', 'gap', scribeAt(5, 100).move('wal_a', 1), ledger],
    ['the last sequence again is a fork', 'fork', scribeAt(3, 100).move('wal_a', 1), ledger],
    ['the first sequence again is a fork', 'fork', scribeAt(0, 100).move('wal_a', 1), ledger],
    ['another balance is arithmetic', 'arithmetic', scribeAt(4, 99).move('wal_a', 1), ledger],
    ['no such wallet', 'unknown_wallet', scribeAt(4, 100).move('wal_a', 1), {}],
    [
      'a wallet that waits',
      'behind',
      scribeAt(4, 100).move('wal_a', 1),
      { wal_a: { ...ledger.wal_a, quarantined: true } },
    ],
  ])('%s', (_, kind, item, heads) => {
    const batch = plan([item], heads);
    expect(batch.quarantine.map((one) => one.kind)).toEqual(kind === undefined ? [] : [kind]);
    expect(batch.rows).toHaveLength(kind === undefined ? 1 : 0);
    expect([...batch.snapshots.keys()]).toEqual(kind === undefined ? ['wal_a'] : []);
    expect([...batch.quarantinedWallets]).toEqual(kind === undefined ? [] : ['wal_a']);
  });

  test('two legs are one mutation: if one does not follow, neither is taken', () => {
    const scribe = scribeAt(4, 100);
    scribe.wallets.set('wal_b', { ...NEW_WALLET, sequence: 7 });
    const { item } = scribe.authorize(['wal_a', 'wal_b'], 5);
    const batch = plan([item], { ...ledger, wal_b: { sequence: 6 } });
    expect(batch.rows).toEqual([]);
    expect(batch.holds.size).toBe(0);
    expect([...batch.quarantinedWallets].sort()).toEqual(['wal_a', 'wal_b']);
  });

  test('a hold that waits keeps its later states waiting, also those that move no money', () => {
    const scribe = scribeAt(5, 100);
    const { holdId, item } = scribe.authorize(['wal_a'], 5);
    const batch = plan([item, scribe.start(holdId)], ledger);
    expect(batch.quarantine.map((one) => one.kind)).toEqual(['gap', 'behind']);
    expect(batch.quarantine.map((one) => one.newlyWaiting)).toEqual([['wal_a'], []]);
    expect(batch.holds.size).toBe(0);
  });

  test('the key of a waiting entry is claimed all the same: its effect stands in Redis', () => {
    const request = { requestKind: 'request', requestScope: 'org_a', requestKey: 'k' };
    const batch = plan([scribeAt(5, 100).move('wal_a', 1, request)], ledger);
    expect(batch.naturalKeys.map(({ entry }) => entry.requestKey)).toEqual(['k']);
  });

  test('one snapshot move per wallet: guarded by the first row, holding the last', () => {
    const scribe = scribeAt(4, 100);
    const batch = plan(
      [1, 2, 3].map((micros) => scribe.move('wal_a', micros)),
      ledger,
    );
    expect(batch.snapshots.get('wal_a')).toMatchObject({
      fromSequence: 4,
      fromHash: HEAD.chainHash,
      sequence: 7,
      postedMicros: 106,
      chainHash: batch.rows.at(-1)?.hash,
    });
  });

  test('the same entries over the same ledger make the same batch', () => {
    const scribe = scribeAt(4, 100);
    const items = [scribe.move('wal_a', 1), scribe.authorize(['wal_a'], 5).item];
    expect(plan(items, ledger)).toEqual(plan(items, ledger));
  });

  test('what an entry says ends up in its row, whatever else the memo holds', () => {
    const memo = { reference: 'R', refunds: 'ent_x', provider: 'retell', provider_cost_micros: 7 };
    const item = scribeAt(4, 100).move('wal_a', 1, { memo: JSON.stringify(memo) });
    const entry: JournalEntry = unpackJournalEntry(item.payload);
    expect(plan([item], ledger).rows[0]).toMatchObject({
      id: `ent_${entry.mutationId}0`,
      reference: 'R',
      refunds: 'ent_x',
      callId: null,
      details: { provider: 'retell', provider_cost_micros: 7 },
      createdAtMs: entry.atMs,
    });
  });
});

describe('cutting what was read into batches', () => {
  const run = (partition: number, count: number): Run => ({
    partition,
    after: '0-0',
    entries: Array.from({ length: count }, (_, n) =>
      readEntry(partition, { id: `${n + 1}-0`, payload: Buffer.alloc(0) }),
    ),
  });
  const shape = (batches: Run[][]) =>
    batches.map((batch) => batch.map((one) => [one.partition, one.after, one.entries.length]));

  test('in partition order, a partition over several batches follows on itself', () => {
    expect(shape(batchesOf([run(2, 3), run(1, 5)], 4))).toEqual([
      [[1, '0-0', 4]],
      [
        [1, '4-0', 1],
        [2, '0-0', 3],
      ],
    ]);
  });

  test.each([
    [2, [[1], [1]]],
    [3, [[2], [1]]],
    [7, [[4], [3]]],
  ])('%i entries are halved, none lost', (count, sizes) => {
    const found = halves([run(1, count)]).map((batch) => batch.map((one) => one.entries.length));
    expect(found).toEqual(sizes);
  });

  test.each([
    ['9-0', '10-0', -1],
    ['10-0', '9-0', 1],
    ['5-2', '5-10', -1],
    ['5-2', '5-2', 0],
    ['1795241837372-0', '1795241837372-1', -1],
  ])('stream ids %s and %s are compared by number', (a, b, sign) => {
    expect(Math.sign(compareStreamIds(a, b))).toBe(sign);
  });
});
