/** One seed: its events one after the other, all validators after each, and the last reckoning. */
import { verify } from '../../persistence/index.ts';
import { CALLS } from './events/calls.ts';
import type { Events } from './events/event.ts';
import { FAULTS } from './events/faults.ts';
import { HOLDS } from './events/holds.ts';
import { deposit, MONEY } from './events/money.ts';
import { UPKEEP } from './events/upkeep.ts';
import { lapse } from './flusher-pass.ts';
import type { Stores } from './stores.ts';
import { World } from './world.ts';

export interface SeedOptions {
  readonly seed: number;
  readonly steps: number;
  /** A broken build: a statement of the flusher that leaves its transaction. */
  readonly divert?: ((statement: string) => boolean) | undefined;
}

export interface Violation {
  readonly step: number;
  readonly event: string;
  /** One line each, beginning with the invariant. */
  readonly faults: readonly string[];
}

export interface SeedReport {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly mutations: number;
  readonly lost: number;
  /** What happened, one line each: equal for equal seeds. */
  readonly trace: readonly string[];
}

/** Worlds in which nothing is lost, so that the model judges to the end. */
const CALM_SHARE = 0.35;
const OPENING_DEPOSITS = 6;
const BETWEEN_EVENTS_MS = [0, 40, 900, 2_500] as const;
const LAST = 'the end';
/** A wait for the ledger may end without it; so many times in a row it does not. */
const CARRIES_MAX = 8;

const EVENTS: Events = { ...CALLS, ...HOLDS, ...MONEY, ...UPKEEP, ...FAULTS };

export async function runSeed(stores: Stores, options: SeedOptions): Promise<SeedReport> {
  const world = new World(options.seed, stores, options.divert);
  await world.begin();
  try {
    const violation = await live(world, options.steps);
    const mutations = world.book.partitions.reduce((sum, { history }) => sum + history.length, 0);
    return { seed: options.seed, violation, mutations, lost: world.lost, trace: world.trace };
  } finally {
    await world.end();
  }
}

async function live(world: World, steps: number): Promise<Violation | undefined> {
  const calm = world.dice.chance(CALM_SHARE);
  const drawn = Object.entries(EVENTS).filter(([, event]) => !(calm && event.harsh));
  const weights = Object.fromEntries(drawn.map(([name, { weight }]) => [name, weight]));
  for (let step = 0; step < steps; step++) {
    const event = step < OPENING_DEPOSITS ? 'deposit' : world.dice.pick(weights);
    world.note(`${step} ${event}`);
    const faults = await judged(world, async () => {
      await world.moveClock(world.oneOf(BETWEEN_EVENTS_MS));
      await (step < OPENING_DEPOSITS ? deposit(world) : EVENTS[event]?.run(world));
    });
    if (faults.length > 0) return { step, event, faults };
  }
  const faults = await judged(world, () => reckon(world));
  return faults.length > 0 ? { step: steps, event: LAST, faults } : undefined;
}

/** An error that nobody expected is a violation like any other. */
async function judged(world: World, work: () => Promise<void>): Promise<readonly string[]> {
  try {
    await work();
    return await world.validate();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [...world.judges.faults.splice(0), `crash ${text}`];
  }
}

/** Everything comes back, is carried to its end and flushed: ledger, mutations and Redis are equal. */
export async function reckon(world: World): Promise<void> {
  const { sql, chainKey, journal } = world.stores;
  world.away = false;
  for (const process of world.processes) process.fate = undefined;
  for (const process of world.processes) process.connect();
  await world.settle();
  await lapse(sql);
  for (let round = 0; round < CARRIES_MAX; round++) await world.transfers.resume(undefined);
  await world.flush();
  await world.checkLedger();
  for (const { partition, history, committed } of world.book.partitions) {
    if (committed === history.length) continue;
    world.judges.faults.push(
      `I7 partition ${partition}: ${committed} of ${history.length} in the ledger`,
    );
  }
  world.judges.faults.push(...(await world.transfers.faults(sql, true)));
  const redis = { peekWallets: world.judges.peekWallets, journal };
  for await (const difference of verify({ sql, chainKey, redis })) {
    const { walletId, what, expected, found } = difference;
    world.judges.faults.push(`I7 verify ${walletId}: ${what} ${found} instead of ${expected}`);
  }
}
