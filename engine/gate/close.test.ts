import { afterEach, beforeEach, expect, test } from 'vitest';
import { isCluster } from '../../testing/redis.ts';
import { newId } from '../ids.ts';
import { MemoryLedger } from '../test/memory-ledger.ts';
import { PARTITION, World } from '../test/world.ts';
import { createMaster } from './master.ts';

/** A ledger whose recoveries wait for their turn for as long as a test wants. */
class HeldLedger extends MemoryLedger {
  readonly turns: (() => void)[] = [];
  held = false;

  override exclusively<T>(work: () => Promise<T>): Promise<T> {
    return super.exclusively(async () => {
      if (this.held) await new Promise<void>((resolve) => this.turns.push(resolve));
      return work();
    });
  }
}

let world: World;
let ledger: HeldLedger;
beforeEach(async () => {
  ledger = new HeldLedger();
  world = await World.open({ ledger, recovery: ledger });
});
afterEach(() => world.close());

// The turns of one master's recoveries are counted: a cluster has one gate for each.
const onOneMaster = test.skipIf(isCluster);

onOneMaster(
  'closed it stays, though another recovery is just bringing the scripts back',
  async () => {
    const wallet = newId('wal');
    ledger.addWallet(PARTITION, wallet);
    await world.deposit(wallet, 1_000);
    ledger.held = true;
    const closing = world.engine.closeGate('a test');
    await expect.poll(() => ledger.turns.length).toBe(1);
    ledger.turns[0]?.();
    await closing;
    await expect.poll(() => ledger.turns.length).toBe(2);
    await createMaster(world.raw).loadScripts();
    await expect(world.deposit(wallet, 1_000)).rejects.toMatchObject({ code: 'recovering' });
    ledger.held = false;
    ledger.turns[1]?.();
    await world.engine.opened();
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 1_000 });
  },
);
