/**
 * A calm world in which each pass of a flusher is struck: at the requests it makes of Redis and of
 * Postgres in turn, before it and after it, in rounds until each had its turn. Callers go on in between.
 * After each blow the ledger is compared with all that was journalled, at the end with the model.
 */
import { verify } from '../../../persistence/index.ts';
import { lapse } from '../flusher-pass.ts';
import type { Stores } from '../stores.ts';
import { World } from '../world.ts';
import { callersGoOn, journalled, openingDeposits } from './callers.ts';
import { type Compared, compareWithModel } from './model-ledger.ts';
import { type Blow, FAILURES, STORES, type Store } from './wire-doors.ts';
import { wireFlushers } from './wire-flusher.ts';

export interface BlowsOptions {
  readonly seed: number;
  /** How many blows are to fall. */
  readonly blows: number;
  /** The flusher dies of each, or goes on. */
  readonly die: boolean;
}

export interface BlowsReport extends Compared {
  readonly blows: number;
  /** At how many requests of a pass, by store. */
  readonly places: Readonly<Record<Store, number>>;
  /** How often all stores and ways had their turn. */
  readonly rounds: number;
  readonly mutations: number;
  /** That `verify` finds. */
  readonly differences: number;
}

/** Also batches so small that a pass has several transactions. */
const BATCHES = [2_000, 2_000, 3] as const;

export async function strikeFlushers(stores: Stores, options: BlowsOptions): Promise<BlowsReport> {
  const world = new World(options.seed, stores);
  const flushers = await wireFlushers(stores);
  await world.begin();
  const faults: string[] = [];
  const judged = async (where: string) => {
    world.judges.ledgerMoved();
    faults.push(...(await world.validate()).map((fault) => `${where}: ${fault}`));
  };
  const places = { redis: 0, postgres: 0 };
  let blows = 0;
  let rounds = 0;
  try {
    await openingDeposits(world);
    const turns = endlessTurns();
    for (let struck = true; blows < options.blows && faults.length === 0; ) {
      await callersGoOn(world);
      const { round, ...at } = turns.next(struck).value;
      const blow: Blow = { ...at, dies: options.die };
      struck = await flushers.pass(blow, world.oneOf(BATCHES));
      await lapse(stores.sql);
      rounds = round;
      if (struck) {
        blows += 1;
        places[blow.store] = Math.max(places[blow.store], blow.n);
      }
      await judged(`blow ${blows}, ${JSON.stringify(blow)}`);
      if (!options.die) faults.push(...leftOver(world));
    }
    await flushers.pass();
    await judged('the end');
    const compared = await compareWithModel(stores.sql, world.oracle);
    faults.push(...leftOver(world), ...compared.faults);
    const differences = await differencesOf(world);
    return {
      ...compared,
      faults,
      blows,
      places,
      rounds,
      mutations: journalled(world),
      differences,
    };
  } finally {
    await world.end();
    await flushers.stop();
  }
}

/** A flusher that was not killed has flushed all of it. */
function leftOver({ book }: World): string[] {
  return book.partitions.flatMap(({ partition, committed, history }) =>
    committed === history.length
      ? []
      : [`partition ${partition}: ${committed} of ${history.length} in the ledger`],
  );
}

type Turn = Omit<Blow, 'dies'> & { readonly round: number };

/** A round takes every so many requests, the next one those after them: a few rounds take all. */
const STRIDE = 5;

/** The requests of a pass to each store, in each way. Told whether the last one was struck. */
function* endlessTurns(): Generator<Turn, never, boolean> {
  for (let round = 0; ; round++) {
    for (const store of STORES) {
      for (const failure of FAILURES) {
        for (let n = 1 + (round % STRIDE); ; n += STRIDE) {
          const struck: boolean = yield { store, n, failure, round };
          if (!struck) break;
        }
      }
    }
  }
}

async function differencesOf({ stores, judges }: World): Promise<number> {
  const { sql, chainKey, journal } = stores;
  const redis = { peekWallets: judges.peekWallets, journal };
  let found = 0;
  for await (const _ of verify({ sql, chainKey, redis })) found += 1;
  return found;
}
