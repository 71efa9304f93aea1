/** One script against an empty one that is called with the very same keys and arguments. */
import { type Figure, figure, medianOf } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { alternated } from '../measurement.ts';
import { costOf, recordSent } from '../stage/evalsha.ts';
import type { Stage } from '../stage/stage.ts';
import type { MeasuredOperation } from './operations.ts';

/**
 * The two take turns in slices, so that a slow moment of the machine meets both, and the median of
 * the slices counts: Redis' account is wall time, in which a script that lost its core pays for it.
 */
const SLICES = 16;
const DEPTH = 64;
const EMPTY_SCRIPT = "return ''";

export interface Compared {
  readonly us: number;
  readonly emptyUs: number;
}

/** @param index the round's: it decides which of the two begins */
export async function compareScript(
  stage: Stage,
  operation: MeasuredOperation,
  calls: number,
  index: number,
): Promise<Compared> {
  const { redis } = stage;
  const empty = String(await redis.script('LOAD', EMPTY_SCRIPT));
  const [, ...sent] = await recordSent(stage, () => operation.run(0));
  const slice = Math.max(1, Math.ceil(calls / SLICES));
  const cost = (work: (n: number) => Promise<unknown>) =>
    costOf(redis, () => closedLoop({ depth: DEPTH, count: slice, work }));
  const costs: { own: number[]; empty: number[] } = { own: [], empty: [] };
  for (let turn = 0; turn < SLICES; turn += 1) {
    const [own, bare] = await alternated(
      index + turn,
      () => cost((n) => operation.run(1 + turn * slice + n)),
      () => cost(() => redis.callBuffer('EVALSHA', empty, ...sent)),
    );
    // The engine's look at the clock is a script of each partition, once a second: the median leaves out
    // the slice that has them.
    if (own.calls < slice || own.calls > slice + 2 * stage.partitions) {
      throw new Error(`${operation.name}: ${own.calls} scripts for ${slice} operations`);
    }
    costs.own.push(own.us / own.calls);
    costs.empty.push(bare.us / bare.calls);
  }
  return { us: medianOf(costs.own), emptyUs: medianOf(costs.empty) };
}

export function comparedFigures(name: string, { us, emptyUs }: Compared): Figure[] {
  return [
    figure(`${name}: script`, 'us', us),
    figure(`${name}: empty`, 'us', emptyUs),
    figure(`${name}: script / empty`, 'x', us / emptyUs),
  ];
}
