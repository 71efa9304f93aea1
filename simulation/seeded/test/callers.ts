/** Callers of a seeded world who lose nothing themselves, and leave all flushing to somebody else. */
import { CALLS } from '../events/calls.ts';
import type { Events } from '../events/event.ts';
import { HOLDS } from '../events/holds.ts';
import { deposit, MONEY } from '../events/money.ts';
import { UPKEEP } from '../events/upkeep.ts';
import type { World } from '../world.ts';

const OPENING_DEPOSITS = 8;
const EVENTS_EACH_TIME = [1, 3] as const;
const EVENTS_MAX = 100;
const STEPS_MS = [0, 40, 900, 30_000] as const;

const { authorize, start, check, end, 'end late': late, void: voided, record } = CALLS;
const { credit, charge, refund, transfer, configure } = MONEY;
const { enforcer, retry, trim, unload } = UPKEEP;
const EVENTS = {
  ...{ authorize, start, check, end, late, voided, record },
  ...HOLDS,
  ...{ credit, charge, refund, transfer, configure },
  ...{ enforcer, retry, trim, unload },
} as Events;
const WEIGHTS = Object.fromEntries(
  Object.entries(EVENTS).map(([name, { weight }]) => [name, weight]),
);

export async function openingDeposits(world: World): Promise<void> {
  for (let i = 0; i < OPENING_DEPOSITS; i++) await deposit(world);
}

/** Until something has been journalled. */
export async function callersGoOn(world: World): Promise<void> {
  const before = journalled(world);
  const events = world.dice.between(EVENTS_EACH_TIME);
  for (let i = 0; i < events || journalled(world) === before; i++) {
    if (i > EVENTS_MAX) throw new Error(`${EVENTS_MAX} events, and nothing was journalled`);
    await world.moveClock(world.oneOf(STEPS_MS));
    await EVENTS[world.dice.pick(WEIGHTS)]?.run(world);
  }
}

/** Mutations that stand. */
export function journalled({ book }: World): number {
  return book.partitions.reduce((sum, { history }) => sum + history.length, 0);
}
