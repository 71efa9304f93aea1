import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from './engine.ts';
import { keys } from './keys.ts';
import { reopened } from './test/reopened.ts';
import { PARTITION, World } from './test/world.ts';

let world: World;
/** Another process on the same stores. */
let other: Engine;
let scripts: string[];
beforeEach(async () => {
  scripts = [];
  world = await World.open({ onScript: (name) => void scripts.push(name) });
  const { ledger } = world;
  const stores = { redisUrl: world.redis.url, partitions: 1, ledger, recovery: ledger };
  other = await createEngine(stores);
  await other.opened();
});
afterEach(async () => {
  await other.stop();
  await world.close();
});

function charge(walletIds: readonly string[], request = world.request()) {
  const legs = walletIds.map((walletId) => ({ walletId, role: 'client', amountMicros: 1_000 }));
  return { ...world.money(request), overdraft: true, unbilled: false, legs };
}

/** Lets something happen right after the ledger's next answer to this question, before it is heard. */
function afterNext(question: 'wallets' | 'request', happens: () => Promise<void>): void {
  const { ledger } = world;
  const ask = ledger[question].bind(ledger) as (...args: unknown[]) => Promise<unknown>;
  const asked = async (...args: unknown[]) => {
    ledger[question] = ask as never;
    const answer = await ask(...args);
    await happens();
    return answer;
  };
  ledger[question] = asked as never;
}

/** Redis loses everything, and is recovered. */
async function wipe(): Promise<void> {
  await world.flush();
  await world.raw.flushall();
  await reopened(() => other.wallets(PARTITION, []));
}

describe('a wallet that Redis does not hold', () => {
  test('costs one question to the ledger, and the script once more', async () => {
    const wallets = [await world.wallet(5_000), await world.wallet(5_000)];
    await world.flush();
    await world.raw.del(wallets.map((id) => keys.wallet(PARTITION, id)));
    const asked: string[] = [];
    const noted = { wallets: world.ledger.wallets, request: world.ledger.request };
    world.ledger.wallets = (ids) => {
      asked.push(...ids);
      return noted.wallets.call(world.ledger, ids);
    };
    world.ledger.request = (...key) => {
      asked.push('request');
      return noted.request.call(world.ledger, ...key);
    };
    scripts = [];
    expect(await world.engine.charge(charge(wallets))).toMatchObject({ status: 'done' });
    expect(scripts.sort()).toEqual(['charge', 'charge', 'load', 'load']);
    expect(asked.sort()).toEqual(['request', ...wallets].sort());
  });

  test('is not brought back as it was before a wipe that came in between', async () => {
    const wallet = await world.wallet(5_000);
    await wipe();
    afterNext('wallets', async () => {
      expect(await other.charge(charge([wallet]))).toMatchObject({ status: 'done' });
      await wipe();
    });
    const found = await reopened(() => world.engine.wallets(PARTITION, [wallet]));
    expect(found.get(wallet)).toMatchObject({ sequence: 2, postedMicros: 4_000 });
  });

  test('a key that the ledger did not know before a wipe is asked for again after it', async () => {
    const wallet = await world.wallet(5_000);
    await wipe();
    await other.wallets(PARTITION, [wallet]);
    const input = charge([wallet]);
    afterNext('request', async () => {
      expect(await other.charge(input)).toMatchObject({ status: 'done' });
      await wipe();
      await other.wallets(PARTITION, [wallet]);
    });
    const answer = await reopened(() => world.engine.charge(input));
    expect(answer).toMatchObject({ status: 'done', replayed: true });
    expect(await world.state(wallet)).toMatchObject({ postedMicros: 4_000 });
  });
});
