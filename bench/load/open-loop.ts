/**
 * An open loop: operations begin at their own times, whether the earlier ones have ended or not, as
 * callers do. Latency counts from the intended beginning, so a stall is paid by everyone it delays.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { LoadResult } from './closed-loop.ts';
import { Latencies } from './latencies.ts';

export interface OpenLoad {
  readonly perSecond: number;
  readonly seconds: number;
  readonly work: (n: number) => Promise<unknown>;
  /** Ends the load when it says true, before its time. */
  readonly until?: () => boolean;
  /**
   * `spin` begins each operation to the microsecond and takes a core; `timer` leaves the core to the
   * measured program and begins up to a millisecond late, which is counted.
   */
  readonly pace: 'spin' | 'timer';
}

/** A program that falls behind further than this has lost; the load stops rather than pile up. */
const IN_FLIGHT_MAX = 50_000;

export async function openLoop(load: OpenLoad): Promise<LoadResult> {
  const { perSecond, seconds, work, pace, until = () => false } = load;
  const latencies = new Latencies();
  const total = Math.max(1, Math.floor(perSecond * seconds));
  const started = performance.now();
  const flights = new Set<Promise<void>>();
  let failure: unknown;
  for (let next = 0; next < total && failure === undefined && !until(); ) {
    const due = Math.min(total, ((performance.now() - started) / 1000) * perSecond);
    while (next < due && flights.size < IN_FLIGHT_MAX) {
      const intended = started + (next / perSecond) * 1000;
      const flight = work(next++)
        .then(
          () => latencies.add(performance.now() - intended),
          (error: unknown) => {
            failure ??= error;
          },
        )
        .finally(() => flights.delete(flight));
      flights.add(flight);
    }
    await (pace === 'spin' ? setImmediate() : setTimeout(1));
  }
  await Promise.all(flights);
  if (failure !== undefined) throw failure;
  const took = (performance.now() - started) / 1000;
  const { count } = latencies;
  return { count, seconds: took, perSecond: count / took, spread: latencies.spread() };
}
