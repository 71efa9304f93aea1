/** What the hash chain does not cover by itself, altered: packed states, places, keys of requests. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type HoldState,
  packHoldState,
  packWalletState,
  partitionOf,
  unpackHoldState,
  unpackWalletState,
  type WalletState,
} from '../../engine/index.ts';
import type { EngineWorld } from '../test/engine-world.ts';
import type { VerifyInput } from './input.ts';
import { type KeptLedger, keptLedger, PARTITION, whats } from './test/kept-ledger.ts';

let kept: KeptLedger;
let world: EngineWorld;
let wallet: string;
let other: string;
beforeAll(async () => {
  kept = await keptLedger();
  ({ world, wallet, other } = kept);
});
afterAll(() => kept.stop());

afterEach(async () => {
  await kept.putBack();
  expect(await differences()).toEqual([]);
});

const differences = (more: Partial<VerifyInput> = {}) => kept.differences(more);

describe('what Redis would be rebuilt from', () => {
  /** Postgres alone: a wallet that Redis does not hold. */
  const alone = { redis: undefined } as unknown as Partial<VerifyInput>;

  async function alterWallet(id: string, change: Partial<WalletState>): Promise<void> {
    const [row] = await world.sql<{ state: Buffer }[]>`
      SELECT state FROM wallet_snapshots WHERE wallet_id = ${id}`;
    const state = { ...unpackWalletState(row?.state), ...change };
    await world.sql`
      UPDATE wallet_snapshots SET state = ${packWalletState(state)} WHERE wallet_id = ${id}`;
  }

  async function alterHold(change: (hold: HoldState) => HoldState): Promise<void> {
    const [row] = await world.sql<{ id: string; snapshot: Buffer }[]>`
      SELECT id, snapshot FROM holds`;
    const hold = packHoldState(change(unpackHoldState(row?.snapshot)));
    await world.sql`UPDATE holds SET snapshot = ${hold} WHERE id = ${row?.id ?? ''}`;
  }

  test.each([
    ['creditLimitMicros', 1_000_000_000],
    ['frozen', true],
    ['liveCalls', 7],
    ['maxLiveCalls', 1],
  ] as const)(
    'a wallet with another %s is named by the key of its last request',
    async (field, value) => {
      await alterWallet(other, { [field]: value });
      expect(whats(await differences(alone))).toEqual([[other, `packed state: ${field}`]]);
    },
  );

  test('and where its last mutation had no key, by the journal', async () => {
    await alterWallet(wallet, { creditLimitMicros: 1 });
    const { journal } = world.engine;
    const nothing = { peekWallets: async () => new Map<string, WalletState>(), journal };
    expect(whats(await differences({ redis: nothing }))).toEqual([
      [wallet, 'packed state: creditLimitMicros'],
    ]);
  });

  test('a hold with another rate or evidence is named, with what was altered', async () => {
    await alterHold((hold) => ({
      ...hold,
      evidence: 0,
      legs: hold.legs.map((leg) => ({ ...leg, rateMicrosPerMinute: 1 })),
    }));
    const found = await differences();
    expect(whats(found)).toEqual([[wallet, 'packed hold']]);
    expect(found[0]?.detail).toMatch(/: evidence, legs$/);
  });

  test.each([
    ['state', `state = 'live', closed_at = NULL`, ['state', 'closedAtMs']],
    ['wallet_ids', `wallet_ids = '{wal_other}'`, ['walletIds']],
    ['revision', 'revision = revision + 1', ['revision']],
  ])('a hold whose %s would hide it is named', async (_, change, columns) => {
    await world.sql.unsafe(`UPDATE holds SET ${change}`);
    const found = whats(await differences(alone));
    for (const name of columns) expect(found).toContainEqual([wallet, `hold column ${name}`]);
  });

  test('a partition that would hide a wallet, its tail cut off, or a hold is named', async () => {
    await kept.cutOff(2);
    await world.sql`DELETE FROM natural_keys`;
    await world.sql`UPDATE holds SET partition = 3`;
    await world.sql`UPDATE wallet_snapshots SET partition = 2 WHERE wallet_id = ${wallet}`;
    const found = await differences(alone);
    expect(whats(found)).toContainEqual([wallet, 'partition of the snapshot']);
    expect(whats(found)).toContainEqual([wallet, 'partition of a hold']);
  });

  test('so is one that was altered at the wallet as well, or its root', async () => {
    const { sql } = world;
    await sql`INSERT INTO settings (key, value) VALUES ('partitions', '4'::jsonb)`;
    const right = partitionOf(world.organizationId, 4);
    const moveTo = async (partition: number) => {
      await sql`UPDATE wallets SET partition = ${partition}`;
      await sql`UPDATE wallet_snapshots SET partition = ${partition}`;
      await sql`UPDATE holds SET partition = ${partition}`;
    };
    const places = async () =>
      (await differences(alone))
        .map(({ what }) => what)
        .filter((what) => /partition|root/.test(what));
    await moveTo(right);
    expect(await places()).toEqual([]);
    await moveTo((right + 1) % 4);
    expect(await places()).toEqual(['partition']);
    await moveTo(PARTITION);
    await sql`DELETE FROM settings WHERE key = 'partitions'`;
    await sql`UPDATE organizations SET root_id = id`;
    await sql`INSERT INTO organizations (id, root_id, name) VALUES ('org_x', 'org_x', 'x')`;
    await sql`UPDATE wallets SET root_id = 'org_x' WHERE id = ${wallet}`;
    expect(await places()).toEqual(['root organization']);
    await sql`UPDATE wallets SET root_id = organization_id`;
  });
});

describe('in the key of a request', () => {
  const ofFirst = () => world.sql`WHERE key = 'w1'`;

  test.each([
    ['bytes that are no entry', `payload = '\\x00'`, /^key request .* w1$/],
    [
      'the entry of another key',
      `payload = (SELECT payload FROM natural_keys WHERE key = 'w2')`,
      /w1: the key it was made for$/,
    ],
    ['another fingerprint', `fingerprint = 'x'`, /w1: fingerprint$/],
    ['another mutation', `mutation_id = 'x'`, /w1: mutation$/],
  ])('%s is named', async (_, change, what) => {
    await world.sql.unsafe(`UPDATE natural_keys SET ${change} WHERE key = 'w1'`);
    expect(await world.sql`SELECT 1 FROM natural_keys ${ofFirst()}`).toHaveLength(1);
    expect((await differences()).map((one) => one.what)).toContainEqual(
      expect.stringMatching(what),
    );
  });

  test('a key that was used twice does not excuse rows that are missing', async () => {
    const [{ id, mutationId } = { id: '', mutationId: '' }] = await world.sql<
      { id: string; mutationId: string }[]
    >`SELECT id, mutation_id AS "mutationId" FROM ledger_entries
      WHERE wallet_id = ${other} AND sequence = 1`;
    await world.sql`
      INSERT INTO ledger_quarantine (partition, stream_id, kind, mutation_id, wallet_ids, payload)
      VALUES (${PARTITION}, '1-1', 'natural_key', ${mutationId}, ${[other]}, '')`;
    await world.sql`DELETE FROM ledger_entries WHERE id = ${id}`;
    const found = whats(await differences());
    await world.sql`DELETE FROM ledger_quarantine`;
    expect(found).toContainEqual([other, 'row of a request']);
  });
});
