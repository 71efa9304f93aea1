/** What goes on beside the callers: time, the enforcer, flushers, trims, transfers, retries. */
import type { Command } from '../../../engine/model/index.ts';
import { startRetention } from '../../../persistence/index.ts';
import { isOpen } from '../past.ts';
import { requestOf } from '../promises.ts';
import { valuesOf } from '../redis-image.ts';
import { AMOUNTS } from '../shapes.ts';
import { PARTITIONS } from '../stage.ts';
import type { World } from '../world.ts';
import type { Events } from './event.ts';

const FORGOTTEN_MS = 73 * 3_600_000;

export const UPKEEP: Events = {
  'time passes': {
    weight: 6,
    run: (world) => world.moveClock(world.oneOf([250, 5_000, 30_000, 75_000, 120_000, 600_000])),
  },
  'the clock goes back': { weight: 1, run: (world) => world.moveClock(-10_000) },
  'three days pass': { weight: 0.5, harsh: true, run: threeDays },
  enforcer: { weight: 8, run: enforce },
  flush: { weight: 10, run: (world) => world.flush() },
  trim: { weight: 2, run: trim },
  unload: {
    weight: 3,
    async run(world) {
      const { partition, walletId } = world.oneOf(world.stage.tenants);
      const { history, committed } = world.book.at(partition);
      const rows = history.slice(0, committed).flatMap(({ entry }) => entry.rows);
      const last = rows.findLast((row) => row.walletId === walletId);
      await world.send({
        verb: 'unload',
        partition,
        walletId,
        ledgerSequence: last?.sequence ?? 0,
      });
    },
  },
  retry: { weight: 7, run: (world) => retry(world, (command) => command) },
  'other body': { weight: 2, run: (world) => retry(world, otherBody) },
  'transfer across': {
    weight: 4,
    async run(world) {
      const from = world.oneOf(world.stage.tenants);
      const to = world.oneOf(world.stage.tenants.filter((one) => one.partition !== from.partition));
      const left = world.dice.chance(0.3) ? world.dice.between([1, 6]) : undefined;
      await world.transfers.start(from, to, Math.max(1, world.oneOf(AMOUNTS)), left);
    },
  },
  'transfers taken up': {
    weight: 3,
    async run(world) {
      await world.transfers.resume(world.dice.chance(0.3) ? world.dice.between([0, 4]) : undefined);
    },
  },
};

/** What the enforcer does with what is due in one partition. */
async function enforce(world: World): Promise<void> {
  const partition = world.dice.between([0, PARTITIONS - 1]);
  const due = await world.send({ verb: 'due', partition, limit: 20, leaseMs: 5_000 });
  for (const member of (due.members ?? []) as string[]) {
    const { process } = due;
    if (!world.processes.includes(process)) return;
    if (member.startsWith('wal_')) {
      const finals = await world.send(
        { verb: 'finals', partition, walletId: member, limit: 4 },
        process,
      );
      for (const holdId of (finals.members ?? []) as string[]) {
        await world.send({ verb: 'check', partition, holdId, proofOfLife: false }, process);
      }
      continue;
    }
    const ref = { partition, holdId: member };
    const hold = world.book.at(partition).holds.get(member);
    if (hold && isOpen(hold) && hold.kind === 'call') {
      await world.send({ verb: 'check', ...ref, proofOfLife: false }, process);
    }
    await world.send({ verb: 'expire', ...ref }, process);
  }
}

/** Drops what is committed from the journal of one partition. */
async function trim(world: World): Promise<void> {
  const partition = world.dice.between([0, PARTITIONS - 1]);
  const { journal } = world.stores;
  const held = () => new Set([partition]);
  await startRetention({ journal, held, pressed: () => true })();
}

/** Whatever has a time to live is gone, and so are the answers to what was asked before. */
async function threeDays(world: World): Promise<void> {
  world.oracle.retire();
  await world.moveClock(FORGOTTEN_MS);
  const { raw } = world.stores;
  const names = await raw.keys('rf:*');
  const pipeline = raw.pipeline();
  for (const name of names) pipeline.pttl(name);
  const ttls = valuesOf(await pipeline.exec()) as number[];
  const gone = names.filter((_, i) => (ttls[i] ?? 0) > 0);
  if (gone.length > 0) await raw.del(gone);
  world.note(`${gone.length} records gone`);
}

/** A key that a caller uses once more. A ledger that is away cannot be asked about forgotten ones. */
async function retry(world: World, change: (command: Command) => Command): Promise<void> {
  const keyed = world.past.filter((command) => requestOf(command) !== undefined);
  if (keyed.length === 0 || world.away) return;
  const recent = world.dice.chance(0.7) ? keyed.slice(-10) : keyed;
  await world.send(change(world.oneOf(recent)));
}

function otherBody(command: Command): Command {
  if (!('request' in command) || command.request === undefined) return command;
  return { ...command, request: { ...command.request, fingerprint: 'other' } } as Command;
}
