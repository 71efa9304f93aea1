/** Alerts in the flusher's transaction: each crossing once, whoever dies, however many there are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packJournalEntry, unpackJournalEntry } from '../../engine/index.ts';
import { createLedgerFollower } from '../../notifications/index.ts';
import { releaseWallet } from '../quarantine.ts';
import { type EngineWorld, engineWorld, until } from '../test/engine-world.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from '../test/ledger-world.ts';
import { Scribe } from '../test/scribe.ts';
import type { Checkpoint } from './commit.ts';
import { drain } from './drain.ts';
import { compareStreamIds, readEntry, type StreamEntry } from './entry.ts';
import { flush } from './flush.ts';
import type { BatchFollower, Followers } from './followers.ts';
import { Positions } from './positions.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.stop());

function followers(...more: BatchFollower[]): Followers & { failures: string[] } {
  const failures: string[] = [];
  return {
    failures,
    each: [createLedgerFollower(), ...more],
    failed: (name, error) => failures.push(`${name}: ${String(error)}`),
  };
}

/** A flusher process that takes the cursor from Postgres, then flushes what is behind it. */
async function flushFrom(
  partition: number,
  items: readonly StreamEntry[],
  options: { followers?: Followers; checkpoint?: Checkpoint } = {},
): Promise<void> {
  const positions = new Positions();
  const [at] = await positions.follow(world.sql, new Set([partition]));
  const after = at?.streamId ?? '0-0';
  const entries = items
    .filter((item) => compareStreamIds(item.id, after) > 0)
    .map((item) => readEntry(partition, item));
  const context = { sql: world.sql, chainKey: CHAIN_KEY, followers: followers(), ...options };
  await flush(context, [{ partition, after, entries }], positions);
}

/** What was told of a wallet, in the order of the outbox: `type sequence`. */
async function told(subject: string, sql = world.sql): Promise<string[]> {
  const rows = await sql<{ type: string; sequence: number }[]>`
    SELECT type, (data ->> 'sequence')::bigint AS sequence FROM outbox
    WHERE subject = ${subject} AND type <> 'wallet.level_changed' ORDER BY position`;
  return rows.map(({ type, sequence }) => `${type} ${sequence}`);
}

const THRESHOLD = 1_000;

/** Entries of a wallet with a threshold; each step moves its balance there. */
function steps(scribe: Scribe, walletId: string, balances: readonly number[]): StreamEntry[] {
  return balances.map((balance) => {
    const before = scribe.wallets.get(walletId)?.postedMicros ?? 0;
    const item = scribe.move(walletId, balance - before);
    const entry = unpackJournalEntry(item.payload);
    const rows = entry.rows.map((row) => ({
      ...row,
      wallet: { ...row.wallet, lowBalanceThresholdMicros: THRESHOLD },
    }));
    return { ...item, payload: packJournalEntry({ ...entry, rows }) };
  });
}

describe('10,000 entries that wobble around a line', () => {
  test('are told of once for each crossing, raised and resolved alternating', async () => {
    const walletId = await world.wallet(1);
    let seed = 20_261_128;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    // Within 15 % of the line: now inside the band of a tenth, now beyond it.
    const balances = Array.from({ length: 10_000 }, () => Math.round(850 + 300 * random()));
    const items = steps(new Scribe(world.organizationId), walletId, [5_000, ...balances]);
    for (let at = 0; at < items.length; at += 700) await flushFrom(1, items.slice(0, at + 700));

    const expected: string[] = [];
    let isLow = false;
    balances.forEach((balance, place) => {
      if (!isLow && balance <= THRESHOLD) expected.push(`wallet.low_balance ${place + 2}`);
      else if (isLow && balance > 1_100) expected.push(`wallet.low_balance_resolved ${place + 2}`);
      else return;
      isLow = !isLow;
    });
    expect(expected.length).toBeGreaterThan(1_000);
    expect(await told(walletId)).toEqual(expected);
  });
});

describe('a crossing is told once', () => {
  test('when the flusher dies before any statement or after the commit, and another goes on', async () => {
    const walletId = await world.wallet(2);
    const scribe = new Scribe(world.organizationId);
    const statements: string[] = [];
    const items = [...steps(scribe, walletId, [5_000])];
    await flushFrom(2, items, { checkpoint: (statement) => statements.push(statement) });
    expect(statements).toContain('followers');
    const balances = statements.map((_, place) => (place % 2 === 0 ? 0 : 5_000));
    for (const [place, statement] of statements.entries()) {
      items.push(...steps(scribe, walletId, [balances[place] ?? 0]));
      const dies: Checkpoint = (reached) => {
        if (reached === statement) throw new Error(`died at ${statement}`);
      };
      await expect(flushFrom(2, items, { checkpoint: dies })).rejects.toThrow('died at');
      await flushFrom(2, items);
    }
    const expected = balances.flatMap((balance, place) =>
      balance === 0
        ? [`wallet.low_balance ${place + 2}`, `wallet.depleted ${place + 2}`]
        : [`wallet.replenished ${place + 2}`, `wallet.low_balance_resolved ${place + 2}`],
    );
    expect(await told(walletId)).toEqual(expected);
  });

  test('when it is drained by a recovery', async () => {
    const walletId = await world.wallet(3);
    const items = steps(new Scribe(world.organizationId), walletId, [5_000, 0]);
    const context = { sql: world.sql, chainKey: CHAIN_KEY, followers: followers() };
    await drain(context, 3, items, 0);
    await drain(context, 3, items, 0);
    expect(await told(walletId)).toEqual(['wallet.low_balance 2', 'wallet.depleted 2']);
  });

  test('when its entry waited in quarantine, at its release', async () => {
    const walletId = await world.wallet(4);
    const [first, second, third] = steps(
      new Scribe(world.organizationId),
      walletId,
      [5_000, 4_000, 0],
    );
    if (!first || !second || !third) throw new Error('three entries');
    await flushFrom(4, [first, third]);
    expect(await told(walletId)).toEqual(['wallet.quarantined null']);
    await world.sql`
      UPDATE ledger_quarantine SET payload = ${second.payload}, stream_id = ${second.id}
      WHERE ${walletId} = ANY(wallet_ids)`;
    const answer = await releaseWallet(world.sql, CHAIN_KEY, walletId, { followers: followers() });
    expect(answer.status).toBe('released');
    await flushFrom(4, [first, second, { ...third, id: `${Date.now() + 60_000}-0` }]);
    expect((await told(walletId)).slice(1)).toEqual([
      ...['wallet.low_balance 3', 'wallet.depleted 3'],
    ]);
  });
});

describe('a follower that fails', () => {
  test('is undone and told of; the ledger and the other followers go on', async () => {
    const walletId = await world.wallet(5);
    const broken: BatchFollower = {
      name: 'broken',
      async follow(tx, { taken }) {
        await tx`INSERT INTO settings (key, value) VALUES ('half', '1')`;
        await tx`SELECT 1 / ${taken.length - taken.length}::int`;
      },
    };
    const all = followers(broken);
    await flushFrom(5, steps(new Scribe(world.organizationId), walletId, [5_000, 0]), {
      followers: all,
    });
    expect(all.failures).toHaveLength(1);
    expect(all.failures[0]).toContain('broken: PostgresError: division by zero');
    expect(await world.sql`SELECT 1 FROM settings WHERE key = 'half'`).toHaveLength(0);
    expect(await told(walletId)).toEqual(['wallet.low_balance 2', 'wallet.depleted 2']);
    const rows = await world.sql`SELECT 1 FROM ledger_entries WHERE wallet_id = ${walletId}`;
    expect(rows).toHaveLength(2);
  });

  test('catches up at the next entry: what it did not tell then it tells now', async () => {
    const walletId = await world.wallet(6);
    const items = steps(new Scribe(world.organizationId), walletId, [5_000, 0, -1]);
    await flushFrom(6, items.slice(0, 1));
    const failing = { name: 'failing', follow: () => Promise.reject(new Error('a fault')) };
    const failures: string[] = [];
    const instead = { each: [failing], failed: (name: string) => failures.push(name) };
    await flushFrom(6, items.slice(0, 2), { followers: instead });
    expect([failures, await told(walletId)]).toEqual([['failing'], []]);
    await flushFrom(6, items);
    expect(await told(walletId)).toEqual(['wallet.low_balance 3', 'wallet.depleted 3']);
  });
});

describe('two flushers at once on a real engine', () => {
  let real: EngineWorld;
  beforeAll(async () => {
    real = await engineWorld();
  });
  afterAll(() => real.stop());

  test('one of them killed again and again: no crossing is missed or told twice', async () => {
    const walletId = await real.wallet(0);
    const { organizationId, sql } = real;
    await real.engine.configure({
      partition: 0,
      organizationId,
      walletId,
      changes: { lowBalanceThresholdMicros: THRESHOLD },
    });
    let left = 12;
    const dies: Checkpoint = (statement) => {
      if (statement === 'commit' && left > 0 && left % 2 === 0) {
        left -= 1;
        throw new Error('killed');
      }
      if (statement === 'commit') left -= 1;
    };
    const small = { settings: { batchEntries: 7, leaseTtlMs: 300 } };
    const both = [
      real.flusher('one', { ...small, followers: followers(), checkpoint: dies }),
      real.flusher('two', { ...small, followers: followers() }),
    ];
    for (let round = 0; round < 40; round += 1) {
      await real.deposit(0, walletId, 5_000, `up ${round}`);
      const request = { kind: 'request' as const, scope: organizationId, fingerprint: 'f' };
      const spent = await real.engine.charge({
        partition: 0,
        request: { ...request, key: `down ${round}` },
        organizationId,
        overdraft: false,
        unbilled: false,
        legs: [{ walletId, role: 'client', amountMicros: 5_000 }],
      });
      expect(spent.status).toBe('done');
    }
    await real.flushed();
    await until(async () => (await told(walletId, sql)).length >= 158);
    await Promise.all(both.map((flusher) => flusher.stop()));
    const types = (await told(walletId, sql)).map((text) => text.split(' ')[0]);
    const fall = ['wallet.low_balance', 'wallet.depleted'];
    const rise = ['wallet.replenished', 'wallet.low_balance_resolved'];
    const expected = Array.from({ length: 40 }, (_, round) =>
      round === 0 ? fall : [...rise, ...fall],
    );
    expect(types).toEqual(expected.flat());
    expect(await real.verify()).toEqual([]);
  });
});
