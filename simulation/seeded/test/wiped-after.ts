/**
 * The fixed script with Redis wiped at one moment: when its k-th journal entry has been written. Who
 * waited for an answer asks again, everybody else goes on with the script.
 */
import { keys } from '../../../engine/index.ts';
import { wipe } from '../events/faults.ts';
import { Died } from '../process.ts';
import { reckon } from '../run-seed.ts';
import { PARTITIONS } from '../stage.ts';
import type { Stores } from '../stores.ts';
import { World } from '../world.ts';
import { journalled } from './callers.ts';
import { fixedScript } from './fixed-script.ts';

/** What a flusher has moved to the ledger by then: nothing, all up to the step under way, or all. */
export const FLUSHED = ['nothing', 'what came before', 'everything'] as const;

export interface Wipe {
  /** Journal entries by then, of all partitions. */
  readonly entries: number;
  readonly flushed: (typeof FLUSHED)[number];
  /** The process that wrote the last of them dies over it, and with it what it knew of its calls. */
  readonly dies: boolean;
}

export interface WipedReport {
  /** Whether the script has so many entries. */
  readonly wiped: boolean;
  readonly lost: number;
  readonly mutations: number;
  /** One line each, beginning with the step after which it was found. */
  readonly faults: readonly string[];
}

const SEED = 3;

export async function wipedAfter(stores: Stores, moment: Wipe): Promise<WipedReport> {
  const world = new World(SEED, stores);
  await world.begin();
  const faults: string[] = [];
  const judged = async (step: string | number) => {
    faults.push(...(await world.validate()).map((fault) => `${step}: ${fault}`));
  };
  let wiped = false;
  try {
    if (moment.dies) dieAt(world, moment.entries);
    for (const [i, step] of fixedScript().entries()) {
      if (!wiped && moment.flushed === 'what came before') await world.flush();
      const deaths = world.trace.length;
      await step(world);
      await judged(i);
      if (wiped || (await entriesIn(world)) < moment.entries) continue;
      wiped = true;
      for (const process of world.processes) process.ran = undefined;
      if (moment.flushed === 'everything') await world.flush();
      await wipe(world);
      await judged(`${i}, wiped`);
      if (!isDeath(world, deaths)) continue;
      await step(world);
      await judged(`${i}, again`);
    }
    await reckon(world);
    await judged('the end');
    return { wiped, lost: world.lost, mutations: journalled(world), faults };
  } finally {
    await world.end();
  }
}

function dieAt(world: World, entries: number): void {
  for (const process of world.processes) {
    process.ran = async () => {
      if ((await entriesIn(world)) >= entries) throw new Died(process.name);
    };
  }
}

function isDeath({ trace }: World, from: number): boolean {
  return trace.slice(from).some((line) => line.endsWith('died') || line.includes('stopped'));
}

async function entriesIn({ stores }: World): Promise<number> {
  const names = Array.from({ length: PARTITIONS }, (_, partition) => keys.journal(partition));
  const lengths = await Promise.all(names.map((name) => stores.raw.xlen(name)));
  return lengths.reduce((sum, length) => sum + length, 0);
}
