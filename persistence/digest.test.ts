import { createSecretKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDigests, type DigestDifference, daysToDigest, writeDigest } from './digest.ts';
import { drain } from './flusher/drain.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from './test/ledger-world.ts';
import { Scribe } from './test/scribe.ts';
import { verify } from './verify/verify.ts';

let world: LedgerWorld;
let wallets: string[];
const day = new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  world = await ledgerWorld();
  wallets = [await world.wallet(1), await world.wallet(1)];
  const scribe = new Scribe(world.organizationId);
  scribe.now = Date.parse(`${day}T00:00:00Z`);
  const items = wallets.flatMap((id) => [1, 2, 3].map((micros) => scribe.move(id, micros)));
  await drain({ sql: world.sql, chainKey: CHAIN_KEY }, 1, items, 0);
});
afterAll(() => world.stop());

async function found(published: Parameters<typeof checkDigests>[2] = []) {
  const all: DigestDifference[] = [];
  for await (const one of checkDigests(world.sql, CHAIN_KEY, published)) all.push(one);
  return all.map(({ walletId, what }) => [walletId, what]);
}

async function verified(): Promise<string[]> {
  const all: string[] = [];
  for await (const one of verify({ sql: world.sql, chainKey: CHAIN_KEY })) all.push(one.what);
  return all;
}

describe('tampering shows', () => {
  test('an untouched ledger has no difference, and a day is closed once', async () => {
    const first = await writeDigest(world.sql, CHAIN_KEY, day);
    expect(first.wallets).toBe(2);
    expect(await writeDigest(world.sql, CHAIN_KEY, day)).toEqual(first);
    expect(await found([first])).toEqual([]);
    expect(await verified()).toEqual([]);
  });

  test('an altered amount breaks the arithmetic and the chain', async () => {
    const [id = ''] = wallets;
    await world.sql`UPDATE ledger_entries SET amount_micros = 99 WHERE wallet_id = ${id} AND sequence = 2`;
    const broken = ['posted at sequence 2', 'hash at sequence 2', 'trial balance in usd'];
    expect((await verified()).sort()).toEqual(broken.sort());
    await world.sql`UPDATE ledger_entries SET amount_micros = 2 WHERE wallet_id = ${id} AND sequence = 2`;
  });

  test.each([
    ['a label', `reference = 'forged'`, 'reference = NULL'],
    [
      'a time',
      `created_at = created_at + interval '1 s'`,
      `created_at = created_at - interval '1 s'`,
    ],
    ['further labels', `details = '{"service":"x"}'`, 'details = NULL'],
  ])('%s that was altered breaks the chain', async (_, forge, restore) => {
    const [id = ''] = wallets;
    const where = `WHERE wallet_id = '${id}' AND sequence = 2`;
    await world.sql.unsafe(`UPDATE ledger_entries SET ${forge} ${where}`);
    expect(await verified()).toEqual(['hash at sequence 2']);
    await world.sql.unsafe(`UPDATE ledger_entries SET ${restore} ${where}`);
    expect(await verified()).toEqual([]);
  });

  test('a row taken out of the middle breaks the sequence', async () => {
    const [id = ''] = wallets;
    await world.sql`CREATE TABLE taken AS SELECT * FROM ledger_entries WHERE wallet_id = ${id} AND sequence = 2`;
    await world.sql`DELETE FROM ledger_entries WHERE wallet_id = ${id} AND sequence = 2`;
    const broken = ['sequence', 'hash at sequence 3', 'trial balance in usd'];
    expect((await verified()).sort()).toEqual(broken.sort());
    await world.sql`INSERT INTO ledger_entries SELECT * FROM taken`;
    expect(await verified()).toEqual([]);
  });

  test('a tail cut off with its snapshot leaves a valid chain; the digest shows it', async () => {
    const [, id = ''] = wallets;
    const published = [await writeDigest(world.sql, CHAIN_KEY, day)];
    await world.sql`DELETE FROM ledger_entries WHERE wallet_id = ${id} AND sequence = 3`;
    await world.sql`
      UPDATE wallet_snapshots AS snapshot
      SET sequence = row.sequence, posted_micros = row.posted_after_micros, chain_hash = row.hash
      FROM ledger_entries AS row
      WHERE row.wallet_id = ${id} AND row.sequence = 2 AND snapshot.wallet_id = ${id}`;
    const packed = ['packed sequence', 'packed posted']; // a careful forger mends these as well
    const shown = (await verified()).filter((what) => !packed.includes(what));
    expect(shown).toEqual([`last row in the digest of ${day}`]);
    expect(await found(published)).toEqual([[id, 'row_missing']]);

    await world.sql`DELETE FROM ledger_digests WHERE wallet_id = ${id}`;
    expect(await found()).toEqual([['', 'digest_changed']]);
    await world.sql`DELETE FROM ledger_digests`;
    expect(await found()).toEqual([]);
    expect(await found(published)).toEqual([['', 'digest_missing']]);
  });

  test('with another key no row of the chain is valid', async () => {
    const other = createSecretKey(randomBytes(32));
    const all: string[] = [];
    const [walletId = ''] = wallets;
    for await (const one of verify({ sql: world.sql, chainKey: other, walletIds: [walletId] })) {
      all.push(one.what);
    }
    const rows = all.filter((what) => !what.startsWith('digest'));
    expect(rows).toEqual(['hash at sequence 1', 'hash at sequence 2', 'hash at sequence 3']);
  });
});

test('the days to digest begin with the first row, and then after the last digest', async () => {
  const { sql } = world;
  await sql`DELETE FROM ledger_digests`;
  const dayAfter = (days: number) =>
    new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  const last = dayAfter(3);
  expect(await daysToDigest(sql, last, 9)).toEqual([day, dayAfter(1), dayAfter(2), last]);
  expect(await daysToDigest(sql, last, 2)).toEqual([day, dayAfter(1)]);
  for (const one of [day, dayAfter(1)]) await writeDigest(sql, CHAIN_KEY, one);
  expect(await daysToDigest(sql, last, 9)).toEqual([dayAfter(2), last]);
  await writeDigest(sql, CHAIN_KEY, dayAfter(2));
  await writeDigest(sql, CHAIN_KEY, last);
  expect(await daysToDigest(sql, last, 9)).toEqual([last]);
  expect(await found()).toEqual([]);
});
