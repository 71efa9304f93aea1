import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVIDENCE } from '../hold-verbs.ts';
import { keys } from '../keys.ts';
import { reopened } from '../test/reopened.ts';
import { PARTITION, World } from '../test/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('the recovery gate', () => {
  test('a restart closes it, and balances and live holds are what they were', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('a', [wallet]));
    await world.engine.start(world.ref('a'));
    await world.flush();
    await world.redis.kill9();
    await expect(
      world.engine.check({ ...world.ref('a'), proofOfLife: true }),
    ).rejects.toMatchObject({ name: 'OutageError' });
    await world.redis.restart();
    const reply = await reopened(() =>
      world.engine.check({ ...world.ref('a'), proofOfLife: true }),
    );
    expect(reply).toMatchObject({ hold: { state: 'live' } });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 1_000_000, liveCalls: 1 });
  });

  test.each(['start', 'check', 'capture'] as const)(
    'a call that Redis lost is known to the first %s after it: it is presented again at once',
    async (verb) => {
      const wallet = await world.wallet(1_000_000);
      await world.flush();
      await world.engine.authorize(world.call('lost', [wallet]));
      await world.raw.flushall();
      const ref = world.ref('lost');
      const end = { ...ref, durationMs: 60_000, evidence: EVIDENCE.caller };
      const ask = {
        start: () => world.engine.start(ref),
        check: () => world.engine.check({ ...ref, proofOfLife: true }),
        capture: () => world.engine.capture(end),
      };
      const reply = await reopened<{ status: string }>(ask[verb]);
      expect(reply.status).not.toBe('hold_not_found');
      await world.engine.opened();
      const liveCalls = verb === 'capture' ? 0 : 1;
      expect(await world.state(wallet)).toMatchObject({ liveCalls });
    },
  );

  test('after a wipe everything comes back from the ledger, live holds and their moments included', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('kept', [wallet]));
    await world.engine.start(world.ref('kept'));
    await world.flush();
    const before = await world.state(wallet);
    await world.raw.flushall();
    const reply = await reopened(() => world.engine.hold(PARTITION, world.ref('kept').holdId));
    expect(reply).toMatchObject({ state: 'live', callId: 'kept' });
    const after = await world.state(wallet);
    expect({ ...after, checkLedgerUntilMs: 0 }).toEqual(before);
    expect(await world.raw.zscore(keys.due(PARTITION), world.ref('kept').holdId)).not.toBeNull();
    const end = await world.engine.capture({
      ...world.ref('kept'),
      durationMs: 60_000,
      evidence: EVIDENCE.caller,
    });
    expect(end).toMatchObject({ status: 'done' });
  });

  test('what Redis lost but the ledger has is put back, closed holds too', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.authorize(world.call('lost', [wallet]));
    const old = await world.raw.dumpBuffer(keys.wallet(PARTITION, wallet));
    const oldHold = await world.raw.dumpBuffer(keys.hold(PARTITION, world.ref('lost').holdId));
    await world.engine.capture({
      ...world.ref('lost'),
      durationMs: 10_000,
      evidence: EVIDENCE.caller,
    });
    await world.flush();
    const right = await world.state(wallet);
    // Redis comes back older: the wallet and the hold as they were, the journal's tail gone.
    await world.raw.restore(keys.wallet(PARTITION, wallet), 0, old ?? '', 'REPLACE');
    await world.raw.restore(
      keys.hold(PARTITION, world.ref('lost').holdId),
      0,
      oldHold ?? '',
      'REPLACE',
    );
    await world.raw.del(keys.journal(PARTITION));
    await world.engine.closeGate('test');
    await world.raw.del(keys.master(PARTITION));
    await reopened(() => world.engine.hold(PARTITION, world.ref('lost').holdId));
    expect(await world.state(wallet)).toMatchObject({
      ...right,
      checkLedgerUntilMs: expect.any(Number),
    });
    const again = await world.engine.capture({
      ...world.ref('lost'),
      durationMs: 99_000,
      evidence: EVIDENCE.caller,
    });
    expect(again).toMatchObject({ status: 'hold_closed', hold: { usedMs: 10_000 } });
    const [id] = await world.engine.journal.range(PARTITION, '+', '-', 1);
    expect(id).toBeUndefined();
  });

  test('a key that Redis forgot is replayed from the ledger, not applied again', async () => {
    const wallet = await world.wallet(1_000_000);
    const input = {
      ...world.money(),
      overdraft: true,
      unbilled: false,
      legs: [{ walletId: wallet, role: 'client', amountMicros: 1_000 }],
    };
    const first = await world.engine.charge(input);
    await world.flush();
    await world.raw.flushall();
    const again = await reopened(() => world.engine.charge(input));
    expect(again).toEqual({ ...first, replayed: true });
    const other = { ...input, request: { ...input.request, fingerprint: 'other' } };
    expect((await world.engine.charge(other)).status).toBe('idempotency_conflict');
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 999_000 });
  });

  test('an unflushed journal that survived is drained before anything goes on', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.engine.closeGate('test');
    await world.raw.del(keys.master(PARTITION));
    await reopened(() => world.engine.wallets(PARTITION, [wallet]));
    expect(world.ledger.entriesByWallet.get(wallet)).toHaveLength(1);
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 1_000_000 });
  });

  test('a call authorized in the lost window is presented again by the process that knows it', async () => {
    const wallet = await world.wallet(1_000_000);
    await world.flush();
    await world.engine.authorize(world.call('window', [wallet]));
    await world.raw.flushall();
    await expect
      .poll(
        async () =>
          (await reopened(() => world.engine.hold(PARTITION, world.ref('window').holdId)))?.state,
      )
      .toBe('authorized');
    expect(await world.state(wallet)).toMatchObject({ heldMicros: 75_000, liveCalls: 1 });
  });
});
