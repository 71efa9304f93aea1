/** I13 on a running system: whatever is under way, the books of every committed moment are even. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EngineWorld, engineWorld, until } from './test/engine-world.ts';

let world: EngineWorld;
let wallets: string[];
beforeAll(async () => {
  world = await engineWorld();
  wallets = [await world.wallet(1), await world.wallet(1), await world.wallet(2)];
  for (const [n, id] of wallets.entries()) {
    await world.deposit(n < 2 ? 1 : 2, id, 50_000_000, `deposit ${n}`);
  }
});
afterAll(() => world.stop());

const [payer, neighbour, stranger] = [0, 1, 2];
const walletOf = (index: number) => wallets[index] ?? '';

async function balances(): Promise<Record<string, number>> {
  const rows = await world.sql<{ account: string; micros: string }[]>`
    SELECT account, balance_micros::text AS micros FROM trial_balance WHERE currency = 'usd'`;
  return Object.fromEntries(rows.map(({ account, micros }) => [account, Number(micros)]));
}

function sumOf(accounts: Record<string, number>): number {
  return Object.values(accounts).reduce((sum, micros) => sum + micros, 0);
}

function request(key: string) {
  return { kind: 'request' as const, scope: world.organizationId, key, fingerprint: 'f' };
}

/** One side of a transfer across partitions, as the saga makes it. */
async function side(step: 'debit' | 'credit', index: number, amountMicros: number, id: string) {
  const { engine, organizationId } = world;
  const common = {
    partition: index === stranger ? 2 : 1,
    request: request(`${id} ${step}`),
    organizationId,
    memo: { transfer_id: id },
  };
  const legs = [{ walletId: walletOf(index), role: 'from', amountMicros }];
  const money = { overdraft: true, unbilled: false, legs };
  const answer =
    step === 'debit'
      ? await engine.charge({ ...common, ...money, kind: 'transfer' })
      : await engine.credit({
          ...common,
          walletId: walletOf(index),
          kind: 'transfer',
          amountMicros,
        });
  expect(answer.status).toBe('done');
}

test('sums to zero at every moment while calls, charges and transfers go on', async () => {
  const flusher = world.flusher('busy', { settings: { batchEntries: 7 } });
  const work = Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      await world.call(1, [walletOf(payer), walletOf(neighbour)], `call ${n}`, n % 4);
      await world.engine.transfer({
        partition: 1,
        request: request(`inside ${n}`),
        organizationId: world.organizationId,
        fromWalletId: walletOf(payer),
        toWalletId: walletOf(neighbour),
        amountMicros: 1_000 + n,
      });
      await side('debit', payer, 500, `trf_${n}`);
      await side('credit', stranger, 500, `trf_${n}`);
    }),
  );
  let looked = 0;
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done || looked === 0) {
    expect(sumOf(await balances())).toBe(0);
    looked += 1;
  }
  await ended;
  await world.flushed();
  const accounts = await balances();
  expect(sumOf(accounts)).toBe(0);
  expect(accounts).toMatchObject({ cash: -150_000_000, transit: 0 });
  expect(accounts.usage).toBeGreaterThan(0);
  expect(accounts.held).toBeGreaterThan(0);
  await flusher.stop();
});

test('money between two partitions is in transit, and is so in the books', async () => {
  const flusher = world.flusher('transit');
  await side('debit', payer, 7_000, 'trf_open');
  await until(async () => (await balances()).transit === 7_000);
  expect(sumOf(await balances())).toBe(0);
  expect((await world.verify()).map(({ what, found }) => [what, found])).toEqual([
    ['in transit by trf_open, unknown', '-7000'],
  ]);
  await side('credit', stranger, 7_000, 'trf_open');
  await until(async () => (await balances()).transit === 0);
  expect(sumOf(await balances())).toBe(0);
  await flusher.stop();
});

test('a balance that no row explains, and a row that no balance has, are not zero', async () => {
  const id = walletOf(payer);
  await world.sql`UPDATE wallet_snapshots SET posted_micros = posted_micros + 5 WHERE wallet_id = ${id}`;
  expect(sumOf(await balances())).toBe(5);
  expect((await world.verify()).map(({ what }) => what)).toContain('trial balance in usd');
  await world.sql`UPDATE wallet_snapshots SET posted_micros = posted_micros - 5 WHERE wallet_id = ${id}`;
});

test('both sides of each mutation are postings, and sum to zero', async () => {
  const rows = await world.sql`
    SELECT mutation_id FROM ledger_postings GROUP BY mutation_id, currency
    HAVING sum(amount_micros) <> 0`;
  expect(rows).toHaveLength(0);
  const [count] = await world.sql<{ postings: number; entries: number }[]>`
    SELECT (SELECT count(*) FROM ledger_postings) AS postings,
           (SELECT count(*) FROM ledger_entries WHERE amount_micros <> 0) AS entries`;
  expect(count?.postings).toBe(2 * (count?.entries ?? 0));
});
