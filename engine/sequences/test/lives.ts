// Lives a random life in both worlds, step by step, and compares them after each step.

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Command } from '../../model/command.ts';
import { flushed, forgotten, ledgerHold, ledgerWallet } from '../../model/ledger.ts';
import { serve, withWallet } from '../../model/serve.ts';
import { type ModelState, NEW_WALLET, newModelState } from '../../model/state.ts';
import { type Plain, plain } from '../../model/test/plain.ts';
import type { RedisPartition, Snapshot } from '../../model/test/redis-partition.ts';
import { snapshotOf } from '../../model/test/snapshot-of.ts';
import { PARTITION } from '../../test/world.ts';
import type { Action, Life, Step } from './actions.ts';
import { commandOf, hasRefundable, walletId } from './commands.ts';
import { violations } from './invariants.ts';

const T0 = 1_800_000_000_000;

/** Lives `life` on `redis` and in the model. Throws at the first step after which they differ. */
export async function live(redis: RedisPartition, life: Life): Promise<void> {
  const first = new Map(
    life.money.map((postedMicros, i) => [walletId(i), { ...NEW_WALLET, postedMicros }]),
  );
  let world = newModelState(T0, first);
  const past: Command[] = [];
  await redis.reset(world);
  for (const step of life.steps) {
    world = await take(redis, world, step, past);
    const seen = await redis.snapshot(world);
    expect(violations(seen, first)).toEqual([]);
  }
}

async function take(
  redis: RedisPartition,
  world: ModelState,
  step: Step,
  past: Command[],
): Promise<ModelState> {
  switch (step.step) {
    case 'clock': {
      const testNowMs = world.partition.testNowMs + step.byMs;
      await redis.setClock(testNowMs);
      return { ...world, partition: { ...world.partition, testNowMs } };
    }
    case 'flush':
      await redis.flush();
      return flushed(world);
    case 'forget': {
      const after = forgotten(world, step.rebuilt);
      await redis.forget(world, after);
      return after;
    }
    case 'unload': {
      const id = walletId(step.wallet);
      const ledgerSequence = ledgerWallet(world, id)?.sequence ?? 0;
      return together(redis, world, [
        { verb: 'unload', partition: PARTITION, walletId: id, ledgerSequence },
      ]);
    }
    case 'run': {
      const commands = step.actions.flatMap((action) => resolved(action, world, past));
      past.push(...commands);
      return together(redis, world, commands);
    }
  }
}

function resolved(action: Action, world: ModelState, past: readonly Command[]): Command[] {
  if (action.verb === 'refund' && !hasRefundable(world)) return [];
  if (action.verb !== 'retry') return [commandOf(action, world)];
  const command = past.at(-1 - action.back);
  return command ? [command] : [];
}

/** Issues the commands at once; what came of them must be what one of their serial orders gives. */
async function together(
  redis: RedisPartition,
  world: ModelState,
  commands: readonly Command[],
): Promise<ModelState> {
  const outcomes = await Promise.all(commands.map((command, i) => redis.run(command, i)));
  await redis.journal();
  const answers = outcomes.map(({ answer }) => redis.named(answer));
  const orders = serialOrders(world, commands, answers);
  const [only] = commands;
  if (orders.length === 0 && commands.length === 1 && only) {
    const { answer } = serve(world, only);
    expect({ command: only, answer: answers[0] }).toEqual({ command: only, answer: plain(answer) });
  }
  if (orders.length === 0) {
    throw new Error(`no serial order gives ${JSON.stringify({ commands, answers }, null, 1)}`);
  }
  for (const order of orders) {
    const seen = await redis.snapshot(order);
    const loaded = withLoads(order, seen);
    if (isDeepStrictEqual(seen, snapshotOf(loaded))) return loaded;
  }
  const last = orders[0] ?? world;
  expect({ commands, ...(await redis.snapshot(last)) }).toEqual({ commands, ...snapshotOf(last) });
  return last;
}

/**
 * What is in memory beside what a serial order needs: a command that lost a race may have loaded a wallet
 * first, and one that was a replay never looked at its ended hold. Neither is more than a copy.
 */
function withLoads(world: ModelState, seen: Snapshot): ModelState {
  const holds = new Map(world.holds);
  for (const [id, hold] of world.holds) {
    if (!seen.holds.has(id) && isDeepStrictEqual(hold, ledgerHold(world, id))) holds.delete(id);
  }
  const extra = [...seen.wallets.keys()].filter((id) => !world.wallets.has(id));
  const lighter: ModelState = { ...world, holds };
  return extra.reduce<ModelState>((before, id) => withWallet(before, id) ?? before, lighter);
}

/** All worlds that a serial order of the commands leads to, if it gives these very answers. */
function serialOrders(
  world: ModelState,
  commands: readonly Command[],
  answers: readonly Plain[],
): ModelState[] {
  if (commands.length === 0) return [world];
  return commands.flatMap((command, i) => {
    const { state, answer } = serve(world, command);
    if (!isDeepStrictEqual(plain(answer), answers[i])) return [];
    return serialOrders(state, without(commands, i), without(answers, i));
  });
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, i) => i !== index);
}
