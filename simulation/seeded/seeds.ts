/** Many seeds, shared out among lanes that each have stores of their own. */
import type { BrokenBuild } from './broken-builds.ts';
import { runSeed, type SeedReport } from './run-seed.ts';
import { type Addresses, openStores } from './stores.ts';

export interface SeedsOptions {
  readonly first: number;
  readonly count: number;
  readonly steps: number;
  readonly broken?: BrokenBuild | undefined;
  /** Ends at the first violation. */
  readonly untilFirst?: boolean;
  /** Told of each seed as it ends, in the order they end. */
  done?(report: SeedReport): void;
}

/** @returns the seeds that found a violation, by seed */
export async function runSeeds(
  lanes: readonly Addresses[],
  options: SeedsOptions,
  signal?: AbortSignal,
): Promise<SeedReport[]> {
  const violated: SeedReport[] = [];
  let next = options.first;
  const wanted = () =>
    next < options.first + options.count &&
    !signal?.aborted &&
    !(options.untilFirst && violated.length > 0);
  await Promise.all(
    lanes.map(async (lane) => {
      const stores = await openStores(lane);
      try {
        while (wanted()) {
          const seed = next++;
          const { steps, broken } = options;
          const report = await runSeed(stores, { seed, steps, divert: broken?.divert });
          if (report.violation) violated.push(report);
          options.done?.(report);
        }
      } finally {
        await stores.close();
      }
    }),
  );
  return violated.sort((a, b) => a.seed - b.seed);
}
