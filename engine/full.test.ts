// A Redis without memory left: what is in progress goes on and can end, what is new is refused.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVIDENCE } from './hold-verbs.ts';
import { keys } from './keys.ts';
import { PARTITION, World } from './test/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

/** From now on every command that may grow memory is refused, unless its script says otherwise. */
async function fill(): Promise<void> {
  await world.raw.config('SET', 'maxmemory', '1');
  await expect(world.raw.set('any', 'value')).rejects.toThrow('OOM');
}

const full = { name: 'OutageError', code: 'engine_full' };
const room = () => world.raw.config('SET', 'maxmemory', '256mb');
const charge = (walletId: string) =>
  world.engine.charge({
    ...world.money(),
    overdraft: true,
    unbilled: false,
    legs: [{ walletId, role: 'client', amountMicros: 1_000 }],
  });

/** An amount hold of 10,000 micros, as `POST /v1/holds` makes one. */
async function amountHold(name: string, walletId: string, ttlMs = 0) {
  const input = world.call(name, [walletId], { kind: 'amount', callId: '', ttlMs });
  const legs = input.legs.map((leg) => ({ ...leg, amountMicros: 10_000 }));
  const reply = await world.engine.authorize({ ...input, legs });
  if (reply.status !== 'done') throw new Error(reply.status);
  return world.ref(name);
}

describe('Redis is full', () => {
  test('what is new is refused, and leaves nothing behind', async () => {
    const [wallet, other] = [await world.wallet(1_000_000), await world.wallet()];
    const before = await world.state(wallet);
    const entries = (await world.journal()).length;
    await fill();
    await expect(world.engine.authorize(world.call('new', [wallet]))).rejects.toMatchObject(full);
    await expect(charge(wallet)).rejects.toMatchObject(full);
    await expect(world.deposit(wallet, 5)).rejects.toMatchObject(full);
    await expect(
      world.engine.transfer({
        ...world.money(),
        fromWalletId: wallet,
        toWalletId: other,
        amountMicros: 1,
      }),
    ).rejects.toMatchObject(full);
    expect(await world.state(wallet)).toEqual(before);
    expect(await world.journal()).toHaveLength(entries);
    await room();
    await expect
      .poll(() => charge(wallet).catch(() => 'refused'))
      .toMatchObject({ status: 'done' });
  });

  test('a call that rings is answered, kept ahead of the clock, found due, and captured', async () => {
    const wallet = await world.wallet(1_000_000);
    const atMs = Date.now();
    await world.setClock(atMs);
    await world.engine.authorize(world.call('a', [wallet]));
    await fill();
    expect(await world.engine.start(world.ref('a'))).toMatchObject({ status: 'done' });
    await room();
    await world.setClock(atMs + 60_000);
    await fill();
    const { members } = await world.engine.due(PARTITION, 10, 1_000);
    expect(members).toEqual([world.ref('a').holdId]);
    const checked = await world.engine.check({ ...world.ref('a'), proofOfLife: true });
    expect(checked).toMatchObject({ status: 'extended', hold: { coveredMs: 135_000 } });
    const end = { ...world.ref('a'), durationMs: 60_000, evidence: EVIDENCE.caller };
    expect(await world.engine.capture(end)).toMatchObject({ status: 'done' });
    const stronger = { ...end, durationMs: 61_000, evidence: EVIDENCE.provider_record };
    expect(await world.engine.settle(stronger)).toMatchObject({ status: 'done' });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 939_000, heldMicros: 0 });
  });

  test('holds are captured, voided and expired; a wallet can be frozen', async () => {
    const wallet = await world.wallet(1_000_000);
    const captured = await amountHold('captured', wallet);
    const voided = await amountHold('voided', wallet);
    const expired = await amountHold('expired', wallet, 1);
    await fill();
    const end = { ...captured, amountMicros: 10_000, evidence: EVIDENCE.caller };
    expect(await world.engine.capture(end)).toMatchObject({ status: 'done' });
    expect(await world.engine.void(voided)).toMatchObject({ status: 'done' });
    await expect
      .poll(async () => (await world.engine.expire({ ...expired, hasProvider: false })).status)
      .toBe('done');
    const { organizationId } = world;
    const freeze = { partition: PARTITION, organizationId, walletId: wallet };
    const frozen = await world.engine.configure({ ...freeze, changes: { frozen: true } });
    expect(frozen).toMatchObject({ status: 'done' });
    const state = { postedMicros: 990_000, heldMicros: 0, frozen: true };
    expect(await world.state(wallet)).toMatchObject(state);
  });

  test('an end finds its hold and wallet in the ledger, and the ledger makes room', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('cold', [wallet]));
    await world.flush();
    await world.raw.del(keys.wallet(PARTITION, wallet));
    await world.raw.del(keys.hold(PARTITION, world.ref('cold').holdId));
    await fill();
    const end = { ...world.ref('cold'), durationMs: 1_000, evidence: EVIDENCE.caller };
    expect(await world.engine.capture(end)).toMatchObject({ status: 'done' });
    await world.flush();
    const committed = await world.engine.journal.committed(PARTITION);
    expect(committed).toBe(world.ledger.cursor(PARTITION));
    const trim = { partition: PARTITION, beforeId: committed, ttlMs: 1_000, entries: [] };
    expect(await world.engine.journal.trim(trim)).toMatchObject({ status: 'trimmed', count: 2 });
  });

  test.each([
    ['lost its journal', () => world.raw.del(keys.journal(PARTITION))],
    ['lost the end of its journal', cutJournal],
    ['lost everything', () => world.raw.flushall()],
  ])('and was restarted: the gate opens on one that %s', async (_, lose) => {
    const wallet = await world.wallet(1_000_000);
    await charge(wallet);
    await world.flush();
    const before = await world.state(wallet);
    await fill();
    await lose();
    await world.engine.closeGate('test');
    await world.raw.del(keys.master(PARTITION));
    await world.engine.opened();
    expect({ ...(await world.state(wallet)), checkLedgerUntilMs: 0 }).toEqual(before);
    expect(await world.engine.journal.committed(PARTITION)).toBe(world.ledger.cursor(PARTITION));
    const past = world.ledger.cursor(PARTITION);
    await room();
    await expect
      .poll(() => charge(wallet).catch(() => 'refused'))
      .toMatchObject({ status: 'done' });
    const after = await world.engine.journal.range(PARTITION, `(${past}`, '+', 10);
    expect(after).toHaveLength(1);
  });
});

/** As a file that was cut: the stream ends before the ledger's cursor. */
async function cutJournal(): Promise<void> {
  const journal = keys.journal(PARTITION);
  const [first] = await world.raw.xrange(journal, '-', '+', 'COUNT', 1);
  const [id = '', fields = []] = first ?? [];
  await room();
  await world.raw.del(journal);
  await world.raw.xadd(journal, id, ...fields);
  await fill();
}
