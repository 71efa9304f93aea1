/**
 * A closed loop: as many operations in flight as there are workers, each beginning when its last
 * one ended. It finds the capacity; it cannot show how long somebody waits who comes at his time.
 */
import { Latencies, type Spread } from './latencies.ts';

export interface ClosedLoad {
  readonly depth: number;
  /** Ends after so long, or after so many operations. */
  readonly seconds?: number;
  readonly count?: number;
  /** Does the n-th operation, n from 0. */
  readonly work: (n: number) => Promise<unknown>;
}

export interface LoadResult {
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly spread: Spread;
}

export async function closedLoop(load: ClosedLoad): Promise<LoadResult> {
  const { depth, work, count: most = Number.POSITIVE_INFINITY } = load;
  const latencies = new Latencies();
  const started = performance.now();
  const until = started + (load.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  let next = 0;
  async function worker(): Promise<void> {
    let from = performance.now();
    // Each does one at least: a load that the machine did not let begin in its time has figures all the same.
    do {
      await work(next++);
      const to = performance.now();
      latencies.add(to - from);
      from = to;
    } while (next < most && from < until);
  }
  await Promise.all(Array.from({ length: Math.min(depth, most) }, worker));
  const seconds = (performance.now() - started) / 1000;
  const { count } = latencies;
  return { count, seconds, perSecond: count / seconds, spread: latencies.spread() };
}
