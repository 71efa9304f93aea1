/** Somebody who can write to Postgres, and has no key of the chain, cannot do so unseen. */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { keys } from '../../engine/index.ts';
import { writeDigest } from '../digest.ts';
import { readLedgerHead } from '../ledger-head.ts';
import type { EngineWorld } from '../test/engine-world.ts';
import { CHAIN_KEY } from '../test/ledger-world.ts';
import type { VerifyInput } from './input.ts';
import { rewriteChain } from './test/forger.ts';
import { type KeptLedger, keptLedger, PARTITION, whats } from './test/kept-ledger.ts';
import { verify } from './verify.ts';

let kept: KeptLedger;
let world: EngineWorld;
let redis: Redis;
let wallet: string;
let other: string;
beforeAll(async () => {
  kept = await keptLedger();
  ({ world, redis, wallet, other } = kept);
});
afterAll(() => kept.stop());

afterEach(async () => {
  await kept.putBack();
  expect(await differences()).toEqual([]);
});

const differences = (more: Partial<VerifyInput> = {}) => kept.differences(more);
const cutOff = (sequence: number) => kept.cutOff(sequence);

/** Changes a value of the type as little as it can be changed. */
function flipped(name: string, type: string): string {
  if (name === 'kind') return `'bonus'`;
  if (name === 'operation') return `'configure'`;
  if (type === 'bytea') return `set_byte(${name}, 3, get_byte(${name}, 3) # 1)`;
  if (type === 'jsonb') return `'{"service": "x"}'`;
  if (type === 'text') return `coalesce(overlay(${name} PLACING '!' FROM length(${name})), '!')`;
  return type.startsWith('timestamp') ? `${name} + interval '1 microsecond'` : `${name} + 1`;
}

describe('in one row', () => {
  test('one flipped byte in any column is found, with the row and what was altered', async () => {
    const columns = await world.sql<{ name: string; type: string }[]>`
      SELECT column_name AS name, data_type AS type FROM information_schema.columns
      WHERE table_name = 'ledger_entries' ORDER BY ordinal_position`;
    expect(columns).toHaveLength(23);
    for (const { name, type } of columns) {
      await world.sql.unsafe(`
        UPDATE ledger_entries SET ${name} = ${flipped(name, type)}
        WHERE wallet_id = '${wallet}' AND sequence = 2`);
      const found = (await differences()).filter(({ walletId }) => walletId === wallet);
      const sequences = found.map(({ what }) => what).join(', ');
      expect(sequences, name).toMatch(/sequence/);
      const told = found.find(({ what }) => what === 'hash at sequence 2');
      const silent = ['wallet_id', 'sequence', 'hash', 'created_at', 'occurred_at', 'content_hash'];
      if (!silent.includes(name)) expect(told?.detail, name).toContain(`${name} was `);
      await world.sql.unsafe(`
        DELETE FROM ledger_entries; INSERT INTO ledger_entries TABLE kept_ledger_entries`);
    }
  });

  test('a digit of a number in the labels that its value does not have is found', async () => {
    const at = `WHERE wallet_id = '${wallet}' AND sequence = 2`;
    await world.sql.unsafe(`UPDATE ledger_entries SET details = '{"quantity": 1.0}' ${at}`);
    expect((await differences()).map(({ what }) => what)).toContain(
      'spelling of details at sequence 2',
    );
  });

  test('an altered hash alone is one difference: the row after it fits what it should be', async () => {
    await world.sql`UPDATE ledger_entries SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1)
      WHERE wallet_id = ${wallet} AND sequence = 2`;
    expect(whats(await differences())).toEqual([[wallet, 'hash at sequence 2']]);
  });
});

describe('in a chain', () => {
  test('rewritten from a row on with everything but the key: that row is the first named', async () => {
    const key: KeyObject = createSecretKey(randomBytes(32));
    await rewriteChain(world.sql, key, wallet, 2, 1_000_000);
    const chain = (await differences()).filter(({ what }) => / at sequence /.test(what));
    expect(chain[0]).toMatchObject({ walletId: wallet, what: 'hash at sequence 2' });
    expect(chain[0]?.entryId).toMatch(/^ent_/);
    expect(chain.every(({ what }) => what.startsWith('hash'))).toBe(true);
  });

  test('two rows that changed places are both named', async () => {
    await world.sql`UPDATE ledger_entries SET sequence = 5 - sequence
      WHERE wallet_id = ${wallet} AND sequence IN (2, 3)`;
    const found = whats(await differences());
    expect(found).toContainEqual([wallet, 'hash at sequence 2']);
    expect(found).toContainEqual([wallet, 'hash at sequence 3']);
  });

  test('a row in another wallet is missed in its own and told in the other', async () => {
    const [row] = await world.sql<{ id: string }[]>`
      UPDATE ledger_entries SET wallet_id = ${other}, sequence = 2
      WHERE wallet_id = ${wallet} AND sequence = 3 RETURNING id`;
    const found = await differences();
    expect(whats(found)).toContainEqual([wallet, 'sequence']);
    expect(whats(found)).toContainEqual([other, 'hash at sequence 2']);
    const moved = found.find(({ what }) => what === 'row of a request');
    expect(moved).toMatchObject({ walletId: wallet, found: 'in another wallet', entryId: row?.id });
  });

  test('a month that was detached is named, and so is every wallet that misses its rows', async () => {
    const [{ table } = { table: '' }] = await world.sql<{ table: string }[]>`
      SELECT DISTINCT tableoid::regclass::text AS table FROM ledger_entries`;
    const [{ bounds } = { bounds: '' }] = await world.sql<{ bounds: string }[]>`
      SELECT pg_get_expr(relpartbound, oid) AS bounds FROM pg_class WHERE relname = ${table}`;
    await world.sql.unsafe(`ALTER TABLE ledger_entries DETACH PARTITION ${table}`);
    const found = await differences();
    await world.sql.unsafe(`ALTER TABLE ledger_entries ATTACH PARTITION ${table} ${bounds}`);
    expect(found).toContainEqual({
      walletId: '',
      what: `month ${table}`,
      expected: 'attached',
      found: 'detached',
    });
    for (const id of [wallet, other])
      expect(whats(found)).toContainEqual([id, 'snapshot sequence']);
  });
});

describe('a tail that was cut off today, its snapshot set back', () => {
  test('is named by the keys of its requests, its holds, the journal and Redis', async () => {
    await cutOff(2);
    const found = whats(await differences());
    for (const what of [
      'row of a request',
      'row of a journal entry',
      'taken by a hold',
      'redis sequence',
    ]) {
      expect(found).toContainEqual([wallet, what]);
    }
  });

  test('and without keys and holds still by the journal and by Redis', async () => {
    await cutOff(2);
    await world.sql`DELETE FROM natural_keys`;
    await world.sql`DELETE FROM holds`;
    const found = await differences();
    expect([...new Set(found.map(({ what }) => what))].sort()).toEqual([
      'redis sequence',
      'row of a journal entry',
    ]);
    const cut = found.find(({ what }) => what === 'row of a journal entry');
    expect(cut).toMatchObject({ found: 'nothing', detail: 'deposit at sequence 3 of its wallet' });
  });

  test('and without the journal by Redis, which has gone further than the ledger', async () => {
    await cutOff(2);
    await world.sql`DELETE FROM natural_keys`;
    await world.sql`DELETE FROM holds`;
    await redis.xtrim(keys.journal(PARTITION), 'MAXLEN', 0);
    const [{ sequence } = { sequence: 0 }] = await world.sql<{ sequence: number }[]>`
      SELECT sequence FROM kept_wallet_snapshots WHERE wallet_id = ${wallet}`;
    expect(await differences()).toEqual([
      {
        walletId: wallet,
        what: 'redis sequence',
        expected: '2',
        found: String(sequence),
        detail: `${sequence - 2} mutations that neither ledger nor journal has`,
      },
    ]);
  });

  test('and if Redis was robbed as well, by the heads and digests kept elsewhere', async () => {
    const head = await readLedgerHead(world.sql, new Date());
    const today = head.until.toISOString().slice(0, 10);
    await cutOff(2);
    await world.sql`DELETE FROM natural_keys`;
    await world.sql`DELETE FROM holds`;
    const alone = { redis: undefined } as unknown as Partial<VerifyInput>;
    expect(await differences(alone)).toEqual([]);
    const published = { digests: [], heads: [head] };
    expect(await differences({ ...alone, published })).toMatchObject([
      { what: `rows of the day until ${head.until.toISOString()}`, expected: String(head.rows) },
    ]);
    await world.sql.unsafe(
      'DELETE FROM ledger_entries; INSERT INTO ledger_entries TABLE kept_ledger_entries',
    );
    const digest = await writeDigest(world.sql, CHAIN_KEY, today);
    await cutOff(2);
    const digests = [digest];
    expect(whats(await differences({ ...alone, published: { digests, heads: [] } }))).toEqual([
      [wallet, `last row in the digest of ${today}`],
    ]);
  });
});

describe('rows since a time', () => {
  test('begin at the digest of the day before, whose hash the first row must have', async () => {
    await world.sql`UPDATE ledger_entries SET created_at = created_at - interval '1 day'
      WHERE sequence <= 2`;
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    await writeDigest(world.sql, CHAIN_KEY, yesterday);
    const since = new Date(new Date().setUTCHours(0, 0, 0, 0));
    const run = verify({ sql: world.sql, chainKey: CHAIN_KEY, since, walletIds: [wallet] });
    expect(await run.next()).toMatchObject({
      done: true,
      value: { trusted: { nothing: 0, digest: 1, storedHash: 0 } },
    });
    await world.sql`UPDATE ledger_entries SET hash = ${randomBytes(32)}
      WHERE wallet_id = ${wallet} AND sequence = 2`;
    const found = await differences({ since, walletIds: [wallet] });
    expect(found.map(({ what }) => what)).toContain(`hash in the digest of ${yesterday}`);
  });
});
