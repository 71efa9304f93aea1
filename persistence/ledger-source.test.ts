import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entryId, packJournalEntry, unpackJournalEntry } from '../engine/index.ts';
import { connect } from './connect.ts';
import { drain } from './flusher/drain.ts';
import { createLedgerSource } from './ledger-source.ts';
import { createRecoverySource } from './recovery-source.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from './test/ledger-world.ts';
import { Scribe } from './test/scribe.ts';

let world: LedgerWorld;
beforeAll(async () => {
  world = await ledgerWorld();
});
afterAll(() => world.stop());

const openLock = () => connect(world.url, { max: 1, applicationName: 'lock' });
const recovery = () => createRecoverySource(world.sql, CHAIN_KEY, openLock);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('what the engine asks while it runs', () => {
  test('wallets, holds, keys and entries as they were committed; the rest is not there', async () => {
    const wallet = await world.wallet(1);
    const scribe = new Scribe(world.organizationId);
    const key = 'POST /x\0 key';
    const deposit = scribe.move(wallet, 900, {
      requestKind: 'request',
      requestScope: world.organizationId,
      requestKey: key,
      fingerprint: 'print',
    });
    const charge = scribe.move(wallet, -500, { kind: 'charge' });
    const charged = entryId(unpackJournalEntry(charge.payload).mutationId, 0);
    const memo = JSON.stringify({ refunds: charged });
    const refunds = [200, 100].map((micros) =>
      scribe.move(wallet, micros, { kind: 'refund', memo }),
    );
    const { holdId, item } = scribe.authorize([wallet], 50);
    const { epoch } = await recovery().fence(1);
    await recovery().drain(1, [deposit, charge, ...refunds, item], epoch);

    const ledger = createLedgerSource(world.sql);
    const [wallets, hold, request, entry, ...none] = await Promise.all([
      ledger.wallets([wallet, 'wal_none']),
      ledger.hold(holdId),
      ledger.request('request', world.organizationId, key),
      ledger.entry(charged),
      ledger.hold('hold_none'),
      ledger.request('call', world.organizationId, key),
      ledger.entry('ent_none'),
    ]);
    expect([...wallets]).toEqual([[wallet, scribe.wallets.get(wallet)]]);
    expect(hold).toEqual(scribe.holds.get(holdId));
    expect(request).toEqual({ fingerprint: 'print', payload: deposit.payload });
    expect(entry).toEqual({
      walletId: wallet,
      kind: 'charge',
      amountMicros: -500,
      refundedMicros: 300,
      holdId: '',
    });
    expect(none).toEqual([undefined, undefined, undefined]);
  });

  test('while Postgres is away every question is an outage', async () => {
    const away = connect('postgres://nobody@127.0.0.1:1/none', { max: 1, applicationName: 'x' });
    const ledger = createLedgerSource(away);
    const outage = { code: 'postgres_unreachable' };
    await expect(ledger.wallets(['wal_a'])).rejects.toMatchObject(outage);
    await expect(ledger.hold('hold_a')).rejects.toMatchObject(outage);
    await expect(ledger.request('call', 'a', 'b')).rejects.toMatchObject(outage);
    await expect(ledger.entry('ent_a')).rejects.toMatchObject(outage);
    await away.end();
  });
});

describe('what the recovery gate asks', () => {
  test('one recovery at a time; the next begins when the first has ended', async () => {
    const steps: string[] = [];
    let finish: () => void = () => undefined;
    const first = recovery().exclusively(async () => {
      steps.push('first begins');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      steps.push('first ends');
    });
    const second = recovery().exclusively(async () => {
      steps.push('second begins');
    });
    await expect.poll(() => steps.length).toBeGreaterThan(0);
    if (steps[0] === 'first begins') finish();
    await expect.poll(() => steps.includes('first begins')).toBe(true);
    finish();
    await Promise.all([first, second]);
    const begin = steps.indexOf('first begins');
    expect(steps[begin + 1]).toBe('first ends');
  });

  test('draining commits what is after the cursor and compares what is before it', async () => {
    const wallet = await world.wallet(2);
    const scribe = new Scribe(world.organizationId);
    const items = [scribe.move(wallet, 1), scribe.move(wallet, 2), scribe.move(wallet, 3)];
    const { epoch } = await recovery().fence(2);
    const first = await recovery().drain(2, items.slice(0, 2), epoch);
    expect(first).toEqual({ cursor: items[1]?.id, forkedWallets: [] });
    const second = await recovery().drain(2, items, epoch);
    expect(second).toEqual({ cursor: items[2]?.id, forkedWallets: [] });

    const changed = unpackJournalEntry(items[0]?.payload);
    const payload = packJournalEntry({ ...changed, memo: '{"reference":"other"}' });
    const forked = await recovery().drain(2, [{ id: items[0]?.id ?? '', payload }], epoch);
    expect(forked).toEqual({ cursor: items[2]?.id, forkedWallets: [wallet] });
  });

  test('a recovery that another one has fenced off writes nothing', async () => {
    const wallet = await world.wallet(3);
    const { epoch } = await recovery().fence(3);
    await recovery().fence(3);
    const item = new Scribe(world.organizationId).move(wallet, 1);
    await expect(recovery().drain(3, [item], epoch)).rejects.toMatchObject({ code: 'recovering' });
    const [row] = await world.sql`SELECT count(*) AS rows FROM ledger_entries
      WHERE wallet_id = ${wallet}`;
    expect(row?.rows).toBe(0);
  });

  test('pages, open holds and touched holds of a partition; live calls come first', async () => {
    const wallets = [await world.wallet(4), await world.wallet(4), await world.wallet(4)];
    const scribe = new Scribe(world.organizationId);
    const [a = '', b = ''] = wallets;
    const kept = scribe.authorize([a, b], 10);
    const closed = scribe.authorize([b], 10);
    const items = [kept.item, closed.item, scribe.capture(closed.holdId, 5)];
    const { epoch } = await recovery().fence(4);
    await drain({ sql: world.sql, chainKey: CHAIN_KEY }, 4, items, epoch);
    await world.sql`UPDATE holds SET kind = 'call', call_id = 'c' WHERE id = ${kept.holdId}`;

    const pages = await collect(recovery().walletPages(4, 2));
    expect(pages.map((page) => page.length)).toEqual([2, 1]);
    expect(pages.flat().map((one) => one.walletId)).toEqual(wallets.sort());
    const open = await collect(recovery().openHolds(4));
    expect(open).toEqual([{ holdId: kept.holdId, hold: scribe.holds.get(kept.holdId) }]);
    const touched = await recovery().holdsTouchedAfter([{ walletId: b, sequence: 1 }]);
    expect(touched.map((one) => one.holdId)).toEqual([closed.holdId]);
    expect((await recovery().partitionsInOrder(6))[0]).toBe(4);
    expect(await recovery().partitionsInOrder(6)).toHaveLength(6);
  });
});
