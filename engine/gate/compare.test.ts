import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../engine.ts';
import { OutageError } from '../errors.ts';
import { packWalletState, unpackWalletState } from '../generated/layouts.ts';
import { EVIDENCE } from '../hold-verbs.ts';
import { newId } from '../ids.ts';
import { keys } from '../keys.ts';
import { reopened } from '../test/reopened.ts';
import { PARTITION, World } from '../test/world.ts';
import type { GateEvent } from './gate.ts';

type Recovered = Extract<GateEvent, { kind: 'partition' }>;

let world: World;
const heard: GateEvent[] = [];
beforeEach(async () => {
  world = await World.open({ partitions: 2, onGate: (event) => void heard.push(event) });
});
afterEach(async () => {
  await world.close();
  heard.length = 0;
});

/** What the recovery of a partition came to. */
function resultOf(partition: number) {
  const events = heard.filter((event): event is Recovered => event.kind === 'partition');
  return events.findLast(({ result }) => result.partition === partition)?.result;
}

/** Changes a wallet in Redis as no script does, and has it compared. */
async function meddle(wallet: string, change: { sequence?: number; postedMicros?: number }) {
  const key = keys.wallet(PARTITION, wallet);
  const packed = await world.raw.getBuffer(key);
  const state = unpackWalletState(packed ?? undefined);
  await world.raw.set(key, packWalletState({ ...state, ...change }));
  await world.engine.closeGate('test');
  await world.raw.del(keys.master(PARTITION));
  await reopened(() => world.engine.wallets(PARTITION, [wallet]));
  await world.engine.opened();
}

// With few wallets Redis has more keys than the ledger wallets, and is asked for those; else its own are.
describe.each([0, 200])('with %i wallets in the ledger that Redis does not hold', (cold) => {
  beforeEach(() => {
    for (let i = 0; i < cold; i++) world.ledger.addWallet(PARTITION, newId('wal'));
  });

  test('a wallet that is behind is put back, and one in step is left alone', async () => {
    const [behind, inStep] = [await world.wallet(1_000), await world.wallet(2_000)];
    await world.flush();
    await meddle(behind, { sequence: 0, postedMicros: 0 });
    expect(await world.state(behind)).toMatchObject({ sequence: 1, postedMicros: 1_000 });
    expect(await world.state(inStep)).toMatchObject({ postedMicros: 2_000, checkLedgerUntilMs: 0 });
    expect(resultOf(PARTITION)).toMatchObject({ restored: 1, differing: [] });
    expect(await world.raw.exists(keys.wallet(PARTITION, inStep))).toBe(1);
  });

  test('a wallet with the right sequence and a wrong balance is put back, and told of', async () => {
    const wallet = await world.wallet(1_000);
    await world.flush();
    await meddle(wallet, { postedMicros: 9_999 });
    expect(await world.state(wallet)).toMatchObject({ sequence: 1, postedMicros: 1_000 });
    expect(resultOf(PARTITION)).toMatchObject({ restored: 1, differing: [wallet] });
  });
});

test('a recovery that ends between a hold and its wallet does both again', async () => {
  const wallet = await world.wallet(1_000_000);
  const { holdId } = world.ref('ended');
  await world.engine.authorize(world.call('ended', [wallet]));
  const names = [keys.wallet(PARTITION, wallet), keys.hold(PARTITION, holdId)];
  const old = await world.raw.mgetBuffer(names);
  const end = { ...world.ref('ended'), durationMs: 10_000, evidence: EVIDENCE.caller };
  await world.engine.capture(end);
  await world.flush();
  for (const [i, name] of names.entries()) await world.raw.set(name, old[i] ?? '');
  const { ledger } = world;
  const touched = ledger.holdsTouchedAfter.bind(ledger);
  ledger.holdsTouchedAfter = async () => {
    ledger.holdsTouchedAfter = touched;
    throw new OutageError('postgres_unreachable');
  };
  await meddle(wallet, {});
  expect(heard.some(({ kind }) => kind === 'failed')).toBe(true);
  expect(await world.engine.hold(PARTITION, holdId)).toMatchObject({ state: 'captured' });
  expect(await world.state(wallet)).toMatchObject({ postedMicros: 990_000, heldMicros: 0 });
});

test('a process that waits for its turn serves what the one before it has opened', async () => {
  const wallet = await world.wallet(1_000);
  await world.flush();
  const neighbour = await world.redis.connect(1);
  await neighbour.del(keys.partition(1));
  neighbour.disconnect();
  let begin: () => void = () => undefined;
  const turn = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { ledger } = world;
  const exclusively = ledger.exclusively.bind(ledger);
  ledger.exclusively = async (work) => {
    await turn;
    return exclusively(work);
  };
  const stores = { redisUrl: world.redis.url, partitions: 2, ledger, recovery: ledger };
  const other: Engine = await createEngine(stores);
  try {
    const found = await reopened(() => other.wallets(PARTITION, [wallet]));
    expect(found.get(wallet)).toMatchObject({ postedMicros: 1_000 });
    await expect(other.wallets(1, [wallet])).rejects.toMatchObject({ code: 'recovering' });
    begin();
    await other.opened();
    expect((await other.wallets(1, [wallet])).size).toBe(1);
  } finally {
    begin();
    await other.stop();
  }
});
