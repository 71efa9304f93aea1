// A timekeeper for each partition, each looking once a second.

import { clockScript } from '../generated/index.ts';
import { keys } from '../keys.ts';
import type { Nodes } from '../nodes/nodes.ts';
import { within } from '../nodes/within.ts';
import type { RecoverySource } from '../recovery-source.ts';
import type { Runner } from '../runner.ts';
import { monotonicMs } from './monotonic.ts';
import { type AskClock, type ClockEvent, createTimekeeper, type Timekeeper } from './timekeeper.ts';

const EVERY_MS = 1_000;
const POSTGRES_MS = 1_000;
/** A busy machine may answer too late to say anything. */
const PROVE_TRIES = 5;

export interface ClockStatus {
  /** False while what time it is cannot be proven in some partition: nothing comes due there. */
  readonly proven: boolean;
  /** The largest correction of Redis' clock, in ms; 0 while it never jumped. */
  readonly shiftMs: number;
}

export interface Timekeepers {
  /** Looks before anything else is sent to these partitions on a new connection. Does not throw. */
  prove(partitions: readonly number[], ask: (partition: number) => AskClock): Promise<void>;
  start(nodes: Pick<Nodes<unknown>, 'find'>, runner: Runner): void;
  status(): ClockStatus;
  stop(): void;
}

export interface TimekeepersOptions {
  readonly partitions: number;
  readonly hotRecordsMs: number;
  readonly recovery: Pick<RecoverySource, 'nowMs'>;
  readonly onClock?: (event: ClockEvent) => void;
}

export function createTimekeepers(options: TimekeepersOptions): Timekeepers {
  const doors = {
    monotonicMs,
    machineMs: Date.now,
    postgresMs: postgresClock(options.recovery),
    hotRecordsMs: options.hotRecordsMs,
    onEvent: options.onClock ?? (() => undefined),
  };
  const keepers = Array.from({ length: options.partitions }, (_, p) => createTimekeeper(p, doors));
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  async function lookAll(partitions: readonly number[], ask: (partition: number) => AskClock) {
    const looks = partitions.map((p) => keepers[p]?.look(ask(p)));
    await Promise.allSettled(looks);
  }

  return {
    async prove(partitions, ask) {
      await lookAll(partitions, ask);
      // What is asked before has a time that may be hours old, as long as nobody was there.
      for (let tried = 1; tried < PROVE_TRIES; tried += 1) {
        const left = partitions.filter((p) => keepers[p]?.hasBegun() === false);
        if (left.length > 0) await lookAll(left, ask);
      }
    },
    start(nodes, runner) {
      const ask = (partition: number): AskClock => {
        return (args) =>
          runner.run(partition, clockScript, { partition: keys.partition(partition) }, args);
      };
      timer = setInterval(() => {
        if (looking) return;
        looking = true;
        const served = keepers.map((_, p) => p).filter((p) => nodes.find(p) !== undefined);
        void lookAll(served, ask).finally(() => {
          looking = false;
        });
      }, EVERY_MS);
      timer.unref();
    },
    status: () => statusOf(keepers),
    stop: () => clearInterval(timer),
  };
}

function statusOf(keepers: readonly Timekeeper[]): ClockStatus {
  let shiftMs = 0;
  for (const keeper of keepers) {
    if (Math.abs(keeper.shiftMs()) > Math.abs(shiftMs)) shiftMs = keeper.shiftMs();
  }
  return { proven: keepers.every((keeper) => keeper.isProven()), shiftMs };
}

/** All partitions ask at the same time: one answer serves them, as it is a distance from a clock that runs on. */
function postgresClock(recovery: Pick<RecoverySource, 'nowMs'>): () => Promise<number | undefined> {
  let asked: Promise<number | undefined> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (monotonicMs() - askedAtMs > POSTGRES_MS) {
      askedAtMs = monotonicMs();
      asked = distance(recovery);
    }
    const ahead = await asked;
    return ahead === undefined ? undefined : monotonicMs() + ahead;
  };
}

/** How far Postgres' clock is ahead of ours; it was read in the middle of the time the answer took. */
async function distance(recovery: Pick<RecoverySource, 'nowMs'>): Promise<number | undefined> {
  if (recovery.nowMs === undefined) return undefined;
  const before = monotonicMs();
  try {
    const read = await within(recovery.nowMs(), POSTGRES_MS);
    const after = monotonicMs();
    // The limit is longer for a process that was held up: it cannot say when the clock was read.
    return after - before > POSTGRES_MS ? undefined : read - (before + after) / 2;
  } catch {
    return undefined;
  }
}
