import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JournalEntry } from '../engine/index.ts';
import { createLedgerWait } from './ledger-wait.ts';
import { type EngineWorld, engineWorld, until } from './test/engine-world.ts';

let world: EngineWorld;
beforeAll(async () => {
  world = await engineWorld();
});
afterAll(() => world.stop());

const PARTITION = 3;
/** The longest there is: says that it is stuck. */
const PATIENT_MS = 60_000;

async function deposit(walletId: string, key: string): Promise<JournalEntry> {
  const { engine, organizationId } = world;
  const request = { kind: 'request' as const, scope: organizationId, key, fingerprint: 'f' };
  const answer = await engine.credit({
    partition: PARTITION,
    request,
    organizationId,
    walletId,
    kind: 'deposit',
    amountMicros: 1_000,
  });
  if (answer.status !== 'done') throw new Error(answer.status);
  return answer.entry;
}

test('a wait for the ledger ends with the commit, in this process and in another', async () => {
  const here = createLedgerWait(world.sql);
  const elsewhere = createLedgerWait(world.sql);
  const entry = await deposit(await world.wallet(PARTITION), 'commit');
  await expect(here.wait(entry, 60)).rejects.toMatchObject({ code: 'ledger_wait_timeout' });
  const flusher = world.flusher('wait', { events: { committed: here.committed } });
  await Promise.all([here.wait(entry, PATIENT_MS), here.wait(entry, PATIENT_MS)]);
  await elsewhere.wait(entry, PATIENT_MS);
  await here.wait(entry, 1); // a commit of the past is known
  await flusher.stop();
  const unflushed = await deposit(await world.wallet(PARTITION), 'unflushed');
  const never = expect(elsewhere.wait(unflushed, PATIENT_MS)).rejects;
  elsewhere.stop();
  await never.toMatchObject({ code: 'shutting_down' });
  here.stop();
});

test('the commit of another mutation at the same sequence does not end a wait', async () => {
  const here = createLedgerWait(world.sql);
  const elsewhere = createLedgerWait(world.sql);
  const walletId = await world.wallet(PARTITION);
  const lost = await deposit(walletId, 'lost');
  const waits = [here.wait(lost, 2_000), elsewhere.wait(lost, 2_000)];
  const ends = Promise.allSettled(waits);

  // Redis comes back without what was not flushed: the sequence is free again.
  const redis = await world.redis.connect(PARTITION);
  await redis.flushall();
  redis.disconnect();
  await until(async () => {
    const found = await world.engine.wallets(PARTITION, [walletId]).catch(() => new Map());
    return found.get(walletId)?.sequence === 0;
  });
  await world.engine.opened();
  const flusher = world.flusher('same sequence', { events: { committed: here.committed } });
  const other = await deposit(walletId, 'other');
  expect(other.rows[0]?.sequence).toBe(lost.rows[0]?.sequence);
  await Promise.all([here.wait(other, PATIENT_MS), elsewhere.wait(other, PATIENT_MS)]);

  for (const end of await ends) {
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ledger_wait_timeout' } });
  }
  // Whoever was told that repeats the request, and it acts: nothing had come of it.
  const again = await deposit(walletId, 'lost');
  expect(again.mutationId).not.toBe(lost.mutationId);
  await here.wait(again, PATIENT_MS);
  await flusher.stop();
  here.stop();
  elsewhere.stop();
});
