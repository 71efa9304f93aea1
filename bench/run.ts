/** Runs the chosen measurements, round by round, and answers what they say. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { startPostgres } from '../scripts/postgres-server.mjs';
import { type Figure, type Summary, summarize } from './figures.ts';
import { type Machine, readMachine } from './machine.ts';
import { MEASUREMENTS, measurementOf } from './measurements.ts';
import {
  endProgram,
  endResting,
  freshDirectory,
  giveBack,
  nextMessage,
  takeProgram,
} from './processes.ts';
import type { RoundOrder } from './round.ts';
import { type Form, SIZES } from './workload.ts';

export interface BenchOptions {
  readonly form: Form;
  /** Measurements by id, in this order; all of them when empty. */
  readonly only: readonly string[];
  /** Instead of the form's. */
  readonly rounds?: number | undefined;
}

/** Says by itself what it was taken on: results of several runs may be kept together. */
export interface MeasurementResult {
  readonly id: string;
  readonly title: string;
  readonly at: string;
  readonly form: Form;
  readonly rounds: number;
  readonly machine: Machine;
  readonly figures: readonly Summary[];
}

/** The longest round: 100,000 live calls, watched for longer than a quantum. */
const ROUND_MS = 600_000;

/** This working copy. */
export const OWN_TREE = path.resolve(import.meta.dirname, '..');

/** @param tell what is under way */
export async function runBench(
  options: BenchOptions,
  tell: (text: string) => void,
): Promise<MeasurementResult[]> {
  const { form, rounds = SIZES[form].rounds } = options;
  const { machine, collected } = await runRounds(options, [OWN_TREE], rounds, tell);
  const figures = collected.get(OWN_TREE) ?? new Map<string, Figure[][]>();
  const at = new Date().toISOString();
  return [...figures].map(([id, each]) => {
    const { title } = measurementOf(id);
    return { id, title, at, form, rounds, machine, figures: summarize(each) };
  });
}

/** Figures of each round, by working copy and measurement. */
type Collected = Map<string, Map<string, Figure[][]>>;

export interface Rounds {
  readonly machine: Machine;
  readonly collected: Collected;
}

/** Every round goes over the measurements the other way round, and over the working copies too. */
export async function runRounds(
  { form, only }: Pick<BenchOptions, 'form' | 'only'>,
  trees: readonly string[],
  rounds: number,
  tell: (text: string) => void,
): Promise<Rounds> {
  const ids = only.length > 0 ? only : MEASUREMENTS.map(({ id }) => id);
  const collected: Collected = new Map(
    trees.map((tree) => [tree, new Map(ids.map((id) => [id, [] as Figure[][]]))]),
  );
  const dir = freshDirectory();
  const postgres = await startPostgres({ dir: path.join(dir, 'postgres') });
  try {
    const machine = await readMachine(postgres.url, dir);
    for (let index = 0; index < rounds; index += 1) {
      const turn = <T>(list: readonly T[]) => (index % 2 === 0 ? list : list.toReversed());
      for (const [id, tree] of turn(ids).flatMap((id) =>
        turn(trees).map((tree) => [id, tree] as const),
      )) {
        tell(`round ${index + 1} of ${rounds}: ${id}. ${measurementOf(id).title}`);
        const own = freshDirectory(dir);
        const round = { size: SIZES[form], index, postgresUrl: postgres.url, dir: own };
        collected
          .get(tree)
          ?.get(id)
          ?.push(await runRound(tree, { id, round }));
        fs.rmSync(own, { recursive: true, force: true, maxRetries: 5 });
      }
    }
    return { machine, collected };
  } finally {
    await endResting();
    await postgres.stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

async function runRound(tree: string, order: RoundOrder): Promise<Figure[]> {
  const program = pathToFileURL(path.join(tree, 'bench', 'round.ts'));
  const child = await takeProgram(program);
  try {
    const answer = nextMessage<Figure[]>(child, `measurement ${order.id}`, ROUND_MS);
    child.send(order);
    const figures = await answer;
    await giveBack(program, child, order.round.size.freshProcesses);
    return figures;
  } catch (error) {
    await endProgram(child);
    throw error;
  }
}
