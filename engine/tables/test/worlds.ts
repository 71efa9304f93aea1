// Runs table rows: on the model, and on a real Redis beside it.

import type { WalletState } from '../../generated/layouts.ts';
import { packWalletState } from '../../generated/layouts.ts';
import { keys } from '../../keys.ts';
import { apply } from '../../model/apply.ts';
import { flushed } from '../../model/ledger.ts';
import { keyName } from '../../model/requests.ts';
import { serve } from '../../model/serve.ts';
import { type ModelState, NEW_WALLET, newModelState } from '../../model/state.ts';
import { type Plain, plain } from '../../model/test/plain.ts';
import type { RedisPartition } from '../../model/test/redis-partition.ts';
import { PARTITION } from '../../test/world.ts';
import { type Before, type Case, RICH, type Row, T0 } from './case.ts';

export interface Ran {
  readonly world: ModelState;
  readonly answer: Plain;
  readonly rows: readonly Row[];
}

export function firstWorld(given: Case): ModelState {
  const wallets = Object.entries(given.wallets ?? RICH);
  return newModelState(
    T0,
    new Map(wallets.map(([id, state]) => [id, { ...NEW_WALLET, ...state }])),
  );
}

/** The row on the model. */
export function runModel(given: Case): Ran {
  const before = (given.before ?? []).reduce(happened, firstWorld(given));
  const does = given.blind ? apply : serve;
  const { state: world, answer } = does(before, given.command);
  return { world, answer: plain(answer), rows: rowsAfter(world.journal, before) };
}

/** What one thing that happened makes of the model's world. */
function happened(world: ModelState, what: Before): ModelState {
  if ('verb' in what) return serve(world, what).state;
  if ('flush' in what) return flushed(world);
  if ('clockMs' in what) {
    const testNowMs = world.partition.testNowMs + what.clockMs;
    return { ...world, partition: { ...world.partition, testNowMs } };
  }
  if ('fence' in what) return { ...world, partition: { ...world.partition, ...what.fence } };
  if ('put' in what) {
    const wallet = { ...walletOf(world, what.put), ...what.state };
    return { ...world, wallets: new Map(world.wallets).set(what.put, wallet) };
  }
  const wallets = new Map(world.wallets);
  const holds = new Map(world.holds);
  const answers = new Map(world.answers);
  if ('loseWallet' in what) wallets.delete(what.loseWallet);
  if ('loseHold' in what) holds.delete(what.loseHold);
  if ('loseAnswer' in what) answers.delete(keyName(what.loseAnswer));
  return { ...world, wallets, holds, answers };
}

/** The row on Redis; `trace` names the statuses of the command's own script. */
export async function runRedis(
  redis: RedisPartition,
  given: Case,
): Promise<Omit<Ran, 'world'> & { readonly trace: readonly string[] }> {
  let world = firstWorld(given);
  await redis.reset(world);
  const seen: string[] = [];
  for (const what of given.before ?? []) {
    const after = happened(world, what);
    seen.push(...(await happen(redis, what, world, after)));
    world = after;
  }
  const { answer, trace } = await redis.run(given.command, 0, given.blind);
  const rows = rowsAfter(await redis.journal(), world);
  return { answer: redis.named(answer), rows, trace: [...seen, '', ...trace] };
}

/** Lets it happen to Redis. Answers what the scripts said. */
async function happen(
  redis: RedisPartition,
  what: Before,
  world: ModelState,
  after: ModelState,
): Promise<readonly string[]> {
  if ('verb' in what) return (await redis.run(what)).trace;
  if ('flush' in what) await redis.flush();
  else if ('clockMs' in what) await redis.setClock(after.partition.testNowMs);
  else if ('put' in what) {
    const packed = packWalletState(walletOf(after, what.put));
    await redis.raw.set(keys.wallet(PARTITION, what.put), packed);
  } else if ('loseWallet' in what) {
    await redis.raw.del(keys.wallet(PARTITION, what.loseWallet));
  } else await redis.forget(world, after);
  return [];
}

function walletOf(world: ModelState, id: string): WalletState {
  const wallet = world.wallets.get(id);
  if (!wallet) throw new Error(`${id} is not loaded`);
  return wallet;
}

function rowsAfter(journal: ModelState['journal'], before: ModelState): Row[] {
  return journal
    .slice(before.journal.length)
    .flatMap((entry) => entry.rows)
    .map(
      (row): Row => [
        row.walletId,
        row.kind,
        row.amountMicros,
        row.heldDeltaMicros,
        row.shortfallMicros,
      ],
    );
}
