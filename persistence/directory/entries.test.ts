import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packHoldState } from '../../engine/index.ts';
import { entriesCsv } from './entries-csv.ts';
import { type TestDirectory, testDirectory, writeEntries } from './test-directory.ts';
import { testHold } from './test-hold.ts';

let world: TestDirectory;
beforeAll(async () => {
  world = await testDirectory();
});
afterAll(() => world.stop());

const sequences = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('ledger entries', () => {
  test('page newest first without gaps or repeats while rows are being written', async () => {
    const walletId = 'wal_paged';
    await writeEntries(
      world.sql,
      sequences(1, 23).map((sequence) => ({ walletId, sequence })),
    );
    const seen: number[] = [];
    let startingAfter: string | undefined;
    let next = 24;
    for (let hasMore = true; hasMore; ) {
      const page = await world.first.entries.list({ walletId, limit: 5, startingAfter });
      if (page === undefined) throw new Error('the cursor was not found');
      seen.push(...page.data.map((entry) => entry.sequence));
      startingAfter = page.data.at(-1)?.id;
      hasMore = page.hasMore;
      await writeEntries(world.sql, [{ walletId, sequence: next }]);
      next += 1;
    }
    expect(seen).toEqual(sequences(1, 23).reverse());
  });

  test('of another wallet are no cursor, and an unknown one is told', async () => {
    const [theirs] = await writeEntries(world.sql, [{ walletId: 'wal_theirs', sequence: 9 }]);
    await writeEntries(world.sql, [{ walletId: 'wal_ours', sequence: 1 }]);
    const list = (startingAfter: string) =>
      world.first.entries.list({ walletId: 'wal_ours', limit: 5, startingAfter });
    expect(await list(theirs ?? '')).toBeUndefined();
    expect(await list('ent_unknown')).toBeUndefined();
  });

  test('are filtered by kind, by call and by time (from included, to not)', async () => {
    const walletId = 'wal_filtered';
    const hold = testHold({ callId: 'call-7' });
    await world.sql`
      insert into holds (id, organization_id, partition, kind, call_id, state, revision, snapshot,
        wallet_ids, created_at, updated_at)
      values ('hold_7', 'org_test', 1, 'call', 'call-7', 'live', 1, ${packHoldState(hold)},
        ${[walletId]}, now(), now())`;
    const at = (day: number) => new Date(Date.UTC(2026, 10, day));
    await writeEntries(world.sql, [
      { walletId, sequence: 1, createdAt: at(1) },
      { walletId, sequence: 2, kind: 'hold', holdId: 'hold_7', callId: 'call-7', createdAt: at(2) },
      {
        walletId,
        sequence: 3,
        kind: 'capture',
        holdId: 'hold_7',
        callId: 'call-7',
        createdAt: at(3),
      },
      { walletId, sequence: 4, kind: 'hold', holdId: 'hold_8', callId: 'call-8', createdAt: at(4) },
    ]);
    const list = async (filter: object) => {
      const page = await world.first.entries.list({ walletId, limit: 10, ...filter });
      return page?.data.map((entry) => entry.sequence);
    };
    expect(await list({ kind: 'hold' })).toEqual([4, 2]);
    expect(await list({ callId: 'call-7' })).toEqual([3, 2]);
    expect(await list({ callId: 'call-7', kind: 'capture' })).toEqual([3]);
    expect(await list({ callId: 'unknown' })).toEqual([]);
    expect(await list({ from: at(2), to: at(4) })).toEqual([3, 2]);
    expect(await list({ from: at(5) })).toEqual([]);
    expect((await world.first.entries.ofHold('hold_7')).map((entry) => entry.sequence)).toEqual([
      2, 3,
    ]);
  });

  test('export every row once, over several pages, while rows are being written', async () => {
    const walletId = 'wal_exported';
    await writeEntries(
      world.sql,
      sequences(1, 1203).map((sequence) => ({ walletId, sequence })),
    );
    let text = '';
    let chunks = 0;
    for await (const chunk of entriesCsv(world.first.entries.pages({ walletId }))) {
      text += chunk;
      chunks += 1;
      await writeEntries(world.sql, [{ walletId, sequence: 1203 + chunks }]);
    }
    const exported = text
      .trimEnd()
      .split('\r\n')
      .slice(1)
      .map((line) => Number(line.split(',')[2]));
    // The header comes before the first page is read, so the row written meanwhile is in it.
    expect(exported).toEqual(sequences(1, 1204).reverse());
    expect(chunks).toBe(4);
  });
});
