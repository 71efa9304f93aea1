import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type JournalEntry, unpackJournalEntry, unpackWalletState } from '../../engine/index.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from '../test/ledger-world.ts';
import { Scribe } from '../test/scribe.ts';
import { type Checkpoint, StaleBatch } from './commit.ts';
import { compareStreamIds, readEntry, type StreamEntry } from './entry.ts';
import { type Flushed, flush } from './flush.ts';
import { Positions } from './positions.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.stop());

type FlushItems = (items: readonly StreamEntry[], checkpoint?: Checkpoint) => Promise<Flushed[]>;

/** A flusher process that has taken the cursor from Postgres. */
async function flusherOf(partition: number): Promise<FlushItems> {
  const positions = new Positions();
  const [at] = await positions.follow(world.sql, new Set([partition]));
  const after = at?.streamId ?? '0-0';
  return (items, checkpoint) => {
    const entries = items
      .filter((item) => compareStreamIds(item.id, after) > 0)
      .map((item) => readEntry(partition, item));
    const context = { sql: world.sql, chainKey: CHAIN_KEY, ...(checkpoint && { checkpoint }) };
    return flush(context, [{ partition, after, entries }], positions);
  };
}

async function flushAll(
  items: readonly StreamEntry[],
  partition: number,
  checkpoint?: Checkpoint,
): Promise<Flushed[]> {
  return (await flusherOf(partition))(items, checkpoint);
}

async function rowsOf(walletId: string) {
  return world.sql<{ sequence: number; amount: number; posted: number; held: number }[]>`
    SELECT sequence, amount_micros AS amount, posted_after_micros AS posted,
           held_after_micros AS held
    FROM ledger_entries WHERE wallet_id = ${walletId} ORDER BY sequence`;
}

async function snapshotOf(walletId: string) {
  const [row] = await world.sql<{ sequence: number; quarantined: boolean; state: Buffer }[]>`
    SELECT sequence, quarantined, state FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  if (row === undefined) throw new Error('no snapshot');
  return { ...row, state: unpackWalletState(row.state) };
}

async function quarantineOf(walletId: string): Promise<string[]> {
  const rows = await world.sql<{ kind: string }[]>`
    SELECT kind FROM ledger_quarantine WHERE wallet_ids @> ${[walletId]}::text[] ORDER BY id`;
  return rows.map((row) => row.kind);
}

const request = (key: string): Partial<JournalEntry> => ({
  requestKind: 'request',
  requestScope: world.organizationId,
  requestKey: key,
  fingerprint: 'f',
});

describe('what the engine wrote is what the ledger has', () => {
  test('rows, snapshots, holds and keys of deposits, two-leg holds and captures', async () => {
    const [a, b] = [await world.wallet(1), await world.wallet(1)];
    const scribe = new Scribe(world.organizationId);
    const first = scribe.move(a, 5_000_000, {
      ...request('POST /x 1'),
      memo: '{"reference":"R","call_id":"c1","provider":"vapi"}',
    });
    const second = scribe.move(b, 9_000_000);
    const { holdId, item: held } = scribe.authorize([a, b], 1_000_000);
    const items = [first, second, held, scribe.start(holdId), scribe.capture(holdId, 700_000)];
    await flushAll(items, 1);

    expect(await rowsOf(a)).toEqual([
      { sequence: 1, amount: 5_000_000, posted: 5_000_000, held: 0 },
      { sequence: 2, amount: 0, posted: 5_000_000, held: 1_000_000 },
      { sequence: 3, amount: -700_000, posted: 4_300_000, held: 0 },
    ]);
    expect((await snapshotOf(b)).state).toEqual(scribe.wallets.get(b));
    const [hold] = await world.sql`
      SELECT state, revision, captured_micros AS captured FROM holds WHERE id = ${holdId}`;
    expect(hold).toEqual({ state: 'captured', revision: 3, captured: 700_000 });
    const [labels] = await world.sql`
      SELECT reference, call_id, details FROM ledger_entries
      WHERE wallet_id = ${a} AND sequence = 1`;
    expect(labels).toEqual({ reference: 'R', call_id: 'c1', details: { provider: 'vapi' } });
    const [key] = await world.sql<{ payload: Buffer }[]>`
      SELECT payload FROM natural_keys WHERE scope = ${world.organizationId} AND key = 'POST /x 1'`;
    expect(key?.payload).toEqual(first.payload);
  });

  test('labels that Postgres cannot store do not stop money', async () => {
    const a = await world.wallet(2);
    const scribe = new Scribe(world.organizationId);
    const memo = JSON.stringify({ reference: 'x\0y', note: '\ud800', '\0k': 'v\0' });
    const [flushed] = await flushAll(
      [scribe.move(a, 1, { memo, ...request('k\0') }), scribe.move(a, 1, { memo: 'not json' })],
      2,
    );
    expect(flushed?.batch.quarantine).toEqual([]);
    expect(await rowsOf(a)).toHaveLength(2);
  });

  test('an older state of a hold never overwrites a newer one', async () => {
    const a = await world.wallet(3);
    const scribe = new Scribe(world.organizationId);
    const { holdId, item } = scribe.authorize([a], 10);
    const started = scribe.start(holdId);
    await flushAll([item, started, scribe.capture(holdId, 5)], 3);
    await flushAll([{ ...started, id: `${scribe.now + 5}-0` }], 3);
    const [hold] = await world.sql`SELECT state, revision FROM holds WHERE id = ${holdId}`;
    expect(hold).toEqual({ state: 'captured', revision: 3 });
  });

  test('rows on both sides of a month boundary go to their months and keep one chain', async () => {
    const a = await world.wallet(4);
    const scribe = new Scribe(world.organizationId);
    const midnight = new Date();
    midnight.setUTCDate(1);
    midnight.setUTCHours(0, 0, 0, 0);
    scribe.now = midnight.getTime() - 2;
    await flushAll([scribe.move(a, 1), scribe.move(a, 2), scribe.move(a, 3)], 4);
    const tables = await world.sql<{ table: string }[]>`
      SELECT tableoid::regclass::text AS table FROM ledger_entries
      WHERE wallet_id = ${a} ORDER BY sequence`;
    expect(new Set(tables.map((row) => row.table)).size).toBe(2);
    expect(tables.map((row) => row.table)).not.toContain('ledger_entries_default');
    expect((await snapshotOf(a)).sequence).toBe(3);
  });
});

describe('a crash anywhere repeats nothing and loses nothing', () => {
  /** Statement names a batch of everything goes through, so that none is forgotten below. */
  const SEEN = ['cursors', 'rows', 'snapshots', 'holds', 'natural_keys', 'quarantine'];

  test('killed before every statement, and between the commit and its answer', async () => {
    const [a, b] = [await world.wallet(5), await world.wallet(5)];
    const scribe = new Scribe(world.organizationId);
    const { holdId, item } = scribe.authorize([a], 10, request('crash 1'));
    const items = [item, scribe.move(a, 100), scribe.capture(holdId, 4)];
    scribe.wallets.set(b, { ...unpackedWallet(scribe, a), sequence: 7 });
    items.push(scribe.move(b, 1));

    const seen: string[] = [];
    for (let n = 0; ; n += 1) {
      let step = 0;
      const checkpoint: Checkpoint = (name) => {
        if (step === n) throw new Error(`killed at ${name}`);
        seen.push(name);
        step += 1;
      };
      const before = JSON.stringify(await world.ledger());
      const error = await flushAll(items, 5, checkpoint).catch((reason: unknown) => reason);
      const afterwards = JSON.stringify(await world.ledger());
      if (!(error instanceof Error)) break;
      const committed = error.message === 'killed at committed';
      expect(afterwards === before, error.message).toBe(!committed);
      if (committed) break;
    }
    for (const name of SEEN) expect(seen).toContain(name);
    // The process that takes over finds the cursor behind the rows, and nothing to do.
    const before = JSON.stringify(await world.ledger());
    await flushAll(items, 5);
    expect(JSON.stringify(await world.ledger())).toBe(before);
    expect(await rowsOf(a)).toHaveLength(3);
    expect(await quarantineOf(b)).toEqual(['gap']);
  });

  test('two flushers on one partition: one commits, the other is told its batch is stale', async () => {
    const a = await world.wallet(6);
    const scribe = new Scribe(world.organizationId);
    const items = Array.from({ length: 20 }, () => scribe.move(a, 1));
    const [one, two] = [await flusherOf(6), await flusherOf(6)];
    const results = await Promise.allSettled([one(items), two(items)]);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toBeInstanceOf(StaleBatch);
    expect(await rowsOf(a)).toHaveLength(20);
  });

  test('a batch read under an older epoch commits nothing', async () => {
    const a = await world.wallet(7);
    const scribe = new Scribe(world.organizationId);
    const item = scribe.move(a, 1);
    const flushItems = await flusherOf(7);
    await world.sql`UPDATE journal_cursors SET epoch = epoch + 1 WHERE partition = 7`;
    await expect(flushItems([item])).rejects.toThrow(StaleBatch);
    expect(await rowsOf(a)).toEqual([]);
  });
});

describe('what does not follow the ledger is kept, never swallowed', () => {
  test('an entry that is in the stream twice is one row', async () => {
    const a = await world.wallet(8);
    const scribe = new Scribe(world.organizationId);
    const item = scribe.move(a, 5, request('twice'));
    const again = { ...item, id: `${scribe.now + 1}-0` };
    await flushAll([item, again], 8);
    const [flushed] = await flushAll([{ ...item, id: `${scribe.now + 2}-0` }], 8);
    expect(flushed?.batch.repeats).toBe(1);
    expect(await rowsOf(a)).toHaveLength(1);
    expect(await quarantineOf(a)).toEqual([]);
  });

  test('same sequence, other content: a fork; the wallet and what follows wait whole', async () => {
    const [a, b] = [await world.wallet(9), await world.wallet(9)];
    const scribe = new Scribe(world.organizationId);
    await flushAll([scribe.move(a, 5), scribe.move(b, 5)], 9);
    const other = new Scribe(world.organizationId);
    other.now = scribe.now + 10;
    other.wallets.set(b, unpackedWallet(scribe, b));
    const fork = other.move(a, 6);
    const { item: twoLegs } = other.authorize([a, b], 1);
    const later = other.move(b, 1);
    await flushAll([fork, twoLegs, later], 9);
    expect(await quarantineOf(a)).toEqual(['fork', 'behind']);
    expect(await quarantineOf(b)).toEqual(['behind', 'behind']);
    expect(await rowsOf(a)).toHaveLength(1);
    expect(await rowsOf(b)).toHaveLength(1);
    expect((await snapshotOf(b)).quarantined).toBe(true);
    const [hold] = await world.sql`SELECT id FROM holds WHERE wallet_ids @> ${[a]}::text[]`;
    expect(hold).toBeUndefined();
  });

  test.each([
    ['a missing sequence', 'gap', (s: Scribe, a: string) => s.move(a, 1) && s.move(a, 1)],
    [
      'a balance that is not the sum',
      'arithmetic',
      (s: Scribe, a: string) => {
        s.wallets.set(a, { ...unpackedWallet(s, a), postedMicros: 77 });
        return s.move(a, 1);
      },
    ],
    [
      'bytes that are no entry',
      undefined,
      (s: Scribe, a: string) => ({ ...s.move(a, 1), payload: Buffer.from('nonsense') }),
    ],
    [
      'a kind that a constraint refuses',
      'rejected',
      (s: Scribe, a: string) => s.move(a, 1, { kind: 'theft' }),
    ],
  ])('%s waits in quarantine, and other wallets go on', async (_, kind, write) => {
    const [a, b] = [await world.wallet(10), await world.wallet(10)];
    const scribe = new Scribe(world.organizationId);
    const [row] = await world.sql<{ ms: string }[]>`
      SELECT split_part(stream_id, '-', 1) AS ms FROM journal_cursors WHERE partition = 10`;
    scribe.now = Math.max(scribe.now, Number(row?.ms) + 1);
    const good = scribe.move(a, 5);
    const bad = write(scribe, a);
    await flushAll([good, bad, scribe.move(b, 3), scribe.move(b, 4)], 10);
    expect(await rowsOf(a)).toHaveLength(1);
    expect(await rowsOf(b)).toHaveLength(2);
    expect(await quarantineOf(a)).toEqual(kind === undefined ? [] : [kind]);
    const [stored] = await world.sql`
      SELECT payload FROM ledger_quarantine WHERE partition = 10 AND stream_id = ${bad.id}`;
    expect(stored?.payload).toEqual(bad.payload);
  });

  test('one key under two mutations: both effects stand and the second is recorded', async () => {
    const a = await world.wallet(11);
    const scribe = new Scribe(world.organizationId);
    const first = scribe.move(a, 5, request('dup'));
    const second = scribe.move(a, 6, request('dup'));
    const flushed = await flushAll([first, second], 11);
    expect(flushed.map((one) => one.keyConflicts)).toEqual([1]);
    expect(await rowsOf(a)).toHaveLength(2);
    expect(await quarantineOf(a)).toEqual(['natural_key']);
    const [key] = await world.sql<{ mutation: string }[]>`
      SELECT mutation_id AS mutation FROM natural_keys WHERE key = 'dup'`;
    expect(key?.mutation).toBe(unpackJournalEntry(first.payload).mutationId);
    expect((await snapshotOf(a)).quarantined).toBe(false);
  });
});

test('an explicit key that hot records have forgotten may be used again', async () => {
  const a = await world.wallet(12);
  const scribe = new Scribe(world.organizationId);
  const first = scribe.move(a, 5, request('old'));
  scribe.now += 73 * 3_600_000;
  const second = scribe.move(a, 6, request('old'));
  await flushAll([first], 12);
  expect((await flushAll([second], 12)).map((one) => one.keyConflicts)).toEqual([0]);
  const [key] = await world.sql`SELECT payload FROM natural_keys WHERE key = 'old'`;
  expect(key?.payload).toEqual(second.payload);
});

function unpackedWallet(scribe: Scribe, walletId: string) {
  const wallet = scribe.wallets.get(walletId);
  if (wallet === undefined) throw new Error('unknown to the scribe');
  return wallet;
}
