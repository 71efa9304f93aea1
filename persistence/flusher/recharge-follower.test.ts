/** Crossings of thresholds, marked by whoever writes the entry, in its transaction. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRechargeFollower } from '../../payments/index.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from '../test/ledger-world.ts';
import { Scribe } from '../test/scribe.ts';
import { drain } from './drain.ts';
import { readEntry, type StreamEntry } from './entry.ts';
import { flush } from './flush.ts';
import { Positions } from './positions.ts';

const THRESHOLD = 1_000;

let world: LedgerWorld;
let heard = 0;
let unlisten: () => Promise<void>;
beforeAll(async () => {
  world = await ledgerWorld();
  const listening = await world.sql.listen('ringfence_recharge', () => {
    heard += 1;
  });
  unlisten = listening.unlisten;
});
afterAll(async () => {
  await unlisten();
  await world.stop();
});

const followers = {
  each: [createRechargeFollower()],
  failed(_: string, error: unknown) {
    throw error;
  },
};

/** A wallet with an auto-recharge, in a partition of its own. */
async function recharged(partition: number): Promise<{ walletId: string; scribe: Scribe }> {
  const walletId = await world.wallet(partition);
  await world.sql`
    insert into auto_recharges (wallet_id, organization_id, threshold_micros, amount_micros,
      cool_off_seconds, failures_max, return_url, customer_id)
    values (${walletId}, ${world.organizationId}, ${THRESHOLD}, 5000, 0, 1, '', 'cus_1')`;
  return { walletId, scribe: new Scribe(world.organizationId) };
}

async function write(partition: number, items: StreamEntry[], dies = false): Promise<void> {
  const positions = new Positions();
  const [at] = await positions.follow(world.sql, new Set([partition]));
  const entries = items.map((item) => readEntry(partition, item));
  const checkpoint = (statement: string) => {
    if (dies && statement === 'commit') throw new Error('died');
  };
  const context = { sql: world.sql, chainKey: CHAIN_KEY, followers, checkpoint };
  await flush(context, [{ partition, after: at?.streamId ?? '0-0', entries }], positions);
}

async function below(walletId: string): Promise<boolean> {
  const [row] = await world.sql<{ below: boolean }[]>`
    select below_since is not null as below from auto_recharges where wallet_id = ${walletId}`;
  return row?.below === true;
}

test('at the threshold it is marked and told of, once; above it no longer', async () => {
  const { walletId, scribe } = await recharged(1);
  await write(1, [scribe.move(walletId, 5_000)]);
  expect([await below(walletId), heard]).toEqual([false, 0]);
  await write(1, [scribe.move(walletId, -4_000)]);
  expect(await below(walletId)).toBe(true);
  await expect.poll(() => heard).toBe(1);
  await write(1, [scribe.move(walletId, -1)]);
  expect(await below(walletId)).toBe(true);
  await write(1, [scribe.move(walletId, 2)]);
  expect(await below(walletId)).toBe(false);
  await write(1, [scribe.move(walletId, -1), scribe.move(walletId, 1)]);
  // What went back within a batch was never low for anybody.
  expect([await below(walletId), heard]).toEqual([false, 1]);
});

test('a flusher that dies before its commit has marked nothing; the one after it does', async () => {
  const { walletId, scribe } = await recharged(2);
  const items = [scribe.move(walletId, 5_000), scribe.move(walletId, -4_500)];
  await expect(write(2, items, true)).rejects.toThrow('died');
  expect(await below(walletId)).toBe(false);
  await write(2, items);
  expect(await below(walletId)).toBe(true);
});

test('so is what a recovery drains', async () => {
  const { walletId, scribe } = await recharged(3);
  const items = [scribe.move(walletId, 5_000), scribe.move(walletId, -4_500)];
  await drain({ sql: world.sql, chainKey: CHAIN_KEY, followers }, 3, items, 0);
  expect(await below(walletId)).toBe(true);
});
