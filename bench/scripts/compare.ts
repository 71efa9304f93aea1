/** One script against an empty one that is called with the very same keys and arguments. */
import { type Figure, figure, medianOf } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { alternated, type Round } from '../measurement.ts';
import { costOf, recordSent } from '../stage/evalsha.ts';
import type { Stage } from '../stage/stage.ts';
import type { MeasuredOperation } from './operations.ts';

const DEPTH = 64;
const EMPTY_SCRIPT = "return ''";

export interface Compared {
  readonly us: number;
  readonly emptyUs: number;
}

/**
 * The two take turns in slices, so that a slow moment of the machine meets both, and the median of
 * the slices counts: Redis' account is wall time, in which a script that lost its core pays for it.
 * The round decides which of the two begins.
 */
export async function compareScript(
  stage: Stage,
  operation: MeasuredOperation,
  { size, index }: Round,
): Promise<Compared> {
  const { redis } = stage;
  const empty = String(await redis.script('LOAD', EMPTY_SCRIPT));
  const [, ...sent] = await recordSent(stage, () => operation.run(0));
  const { scriptSlices: slices } = size;
  const slice = Math.max(1, Math.ceil(size.scriptCalls / slices));
  const cost = (work: (n: number) => Promise<unknown>) =>
    costOf(redis, () => closedLoop({ depth: DEPTH, count: slice, work }));
  const costs: { own: number[]; empty: number[] } = { own: [], empty: [] };
  const counts: number[] = [];
  for (let turn = 0; turn < slices; turn += 1) {
    const [own, bare] = await alternated(
      index + turn,
      () => cost((n) => operation.run(1 + turn * slice + n)),
      () => cost(() => redis.callBuffer('EVALSHA', empty, ...sent)),
    );
    costs.own.push(own.us / own.calls);
    costs.empty.push(bare.us / bare.calls);
    counts.push(own.calls);
  }
  // The engine's look at the clock is a script of each partition, once a second: a slice that the machine
  // held up has many of them, and the median leaves it out.
  const scripts = medianOf(counts);
  if (Math.min(...counts) < slice || scripts > slice + 2 * stage.partitions) {
    throw new Error(`${operation.name}: ${scripts} scripts for ${slice} operations`);
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
