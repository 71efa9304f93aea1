/** What fails: flushers between any two commands, processes over a script, Redis, Postgres. */
import { lapse } from '../flusher-pass.ts';
import { type Mark, NOTHING, takeImage } from '../redis-image.ts';
import type { World } from '../world.ts';
import type { Events } from './event.ts';

/** More commands than a pass has: then it is not struck. */
const COMMANDS_MAX = 24;

export const FAULTS: Events = {
  'flusher dies': {
    weight: 5,
    async run(world) {
      await world.flush({ at: world.dice.between([0, COMMANDS_MAX]), how: 'die' });
      if (world.dice.chance(0.7)) await lapse(world.stores.sql);
    },
  },
  'statement of a flusher fails': {
    weight: 3,
    run: (world) => world.flush({ at: world.dice.between([0, COMMANDS_MAX]), how: 'fail' }),
  },
  'two flushers': {
    weight: 4,
    run: (world) =>
      world.flush({ at: world.dice.between([4, COMMANDS_MAX]), how: 'pause' }, async () => {
        await lapse(world.stores.sql);
        await world.flush();
      }),
  },
  'leases run out': { weight: 2, run: (world) => lapse(world.stores.sql) },
  'Redis lost under a flusher': {
    weight: 1,
    harsh: true,
    run: (world) =>
      world.flush({ at: world.dice.between([4, COMMANDS_MAX]), how: 'pause' }, () =>
        lose(world, world.mark, 'restart'),
      ),
  },
  'Redis on disk': { weight: 8, harsh: true, run: mark },
  'Redis restarted': {
    weight: 2,
    harsh: true,
    run: (world) => lose(world, world.mark, 'restart'),
  },
  'Redis failed over': {
    weight: 2,
    harsh: true,
    run: (world) => lose(world, world.mark, world.oneOf(['failover', 'promoted again'])),
  },
  'Redis wiped': { weight: 1, harsh: true, run: wipe },
  'Postgres away': {
    weight: 2,
    harsh: true,
    async run(world) {
      world.away = true;
      world.oracle.retire();
    },
  },
  'Postgres back': {
    weight: 6,
    harsh: true,
    async run(world) {
      world.away = false;
      await world.settle();
    },
  },
  'process dies': {
    weight: 4,
    harsh: true,
    async run(world) {
      const process = world.oneOf(world.processes);
      process.fate = { scripts: world.dice.between([0, 2]), after: world.dice.chance(0.6) };
    },
  },
};

/** How Redis comes back older than it was. */
type Loss = 'restart' | 'failover' | 'promoted again';

/** Redis as it would be after a crash now. */
async function mark(world: World): Promise<void> {
  await world.judges.observe();
  const counts = world.book.partitions.map(({ history }) => history.length);
  world.mark = { image: await takeImage(world.stores.raw), counts };
}

/**
 * A restart leaves no script. A failover goes to a replica that has none, or to one that was the master
 * before and kept them, and that has another replication id in any case.
 */
async function lose(world: World, to: Mark, how: Loss): Promise<void> {
  const { raw } = world.stores;
  const lost = await world.rewind(to);
  if (how !== 'promoted again') await raw.script('FLUSH', 'SYNC');
  if (how !== 'restart') await raw.call('DEBUG', 'CHANGE-REPL-ID');
  world.note(`${how}: ${lost} mutations lost`);
  await reconnect(world, how === 'promoted again');
}

/** Nothing is left, and nobody's fence. */
export async function wipe(world: World): Promise<void> {
  const empty = { image: NOTHING, counts: world.mark.counts.map(() => 0) };
  world.mark = empty;
  await lose(world, empty, 'restart');
}

/** The connections were cut; or only the scripts are missing, and the next command finds out. */
async function reconnect(world: World, cut: boolean): Promise<void> {
  if (cut || world.dice.chance(0.6)) {
    for (const process of world.processes) process.connect();
    await world.settle();
  } else {
    world.recovering = true;
    await world.act({ verb: 'due', partition: 0, limit: 1, leaseMs: 0 });
  }
}
