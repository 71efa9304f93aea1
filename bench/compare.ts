/**
 * This working copy against another commit, round by round in turn: the same benchmark over both
 * states of the product, so that only the product differs.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Figure, summarize } from './figures.ts';
import { type BenchOptions, OWN_TREE, runRounds } from './run.ts';
import { SIZES } from './workload.ts';

/** One figure in both: the ratio of each round, its median, and how far the rounds differ. */
export interface Comparison {
  readonly id: string;
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** All rounds say the same: better or worse, not the noise of one. */
  readonly certain: boolean;
}

/** Of five rounds without a difference, all fall on one side by chance once in 16 times. */
const COMPARED_ROUNDS = 5;

/** The benchmark, and what starts its servers: the same on both sides. */
const OURS = ['bench', 'scripts'];

/** The commit that a name means in this repository, undefined when it means none. */
export function commitOf(ref: string): string | undefined {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  const { status, stdout } = spawnSync('git', args, { cwd: OWN_TREE, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * @param ref a commit of this repository, as git names it
 * @throws Error when there is no such commit
 */
export async function compareWith(
  ref: string,
  options: BenchOptions,
  tell: (text: string) => void,
): Promise<Comparison[]> {
  const commit = commitOf(ref);
  if (commit === undefined) throw new Error(`there is no commit ${ref}`);
  const rounds = options.rounds ?? Math.max(COMPARED_ROUNDS, SIZES[options.form].rounds);
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-compare-'));
  const tree = path.join(parent, 'tree');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: OWN_TREE, stdio: 'pipe' });
  git('worktree', 'add', '--detach', tree, commit);
  try {
    for (const own of OURS) {
      fs.rmSync(path.join(tree, own), { recursive: true, force: true });
      fs.cpSync(path.join(OWN_TREE, own), path.join(tree, own), { recursive: true });
    }
    fs.symlinkSync(path.join(OWN_TREE, 'node_modules'), path.join(tree, 'node_modules'));
    const { collected } = await runRounds(options, [OWN_TREE, tree], rounds, tell);
    return [...(collected.get(OWN_TREE) ?? [])].flatMap(([id, ours]) =>
      comparisons(id, ours, collected.get(tree)?.get(id) ?? []),
    );
  } finally {
    git('worktree', 'remove', '--force', tree);
    fs.rmSync(parent, { recursive: true, force: true });
  }
}

function comparisons(
  id: string,
  ours: readonly Figure[][],
  theirs: readonly Figure[][],
): Comparison[] {
  const theirMedians = new Map(summarize(theirs).map((one) => [one.name, one.median]));
  return summarize(ours).flatMap(({ name, median }) => {
    const median2 = theirMedians.get(name);
    if (median2 === undefined) return [];
    const ratios = ours.flatMap((round, at) => {
      const own = valueIn(round, name);
      const other = valueIn(theirs[at] ?? [], name);
      return own === undefined || !other ? [] : [{ name, unit: 'x' as const, value: own / other }];
    });
    const [ratio] = summarize(ratios.map((one) => [one]));
    if (ratio === undefined) return [];
    const { min, max } = ratio;
    return [
      {
        id,
        name,
        ours: median,
        theirs: median2,
        ratio: ratio.median,
        ratioMin: min,
        ratioMax: max,
        certain: ratio.rounds > 1 && (min > 1 || max < 1),
      },
    ];
  });
}

function valueIn(round: readonly Figure[], name: string): number | undefined {
  return round.find((one) => one.name === name)?.value;
}

export function comparisonText(ref: string, compared: readonly Comparison[]): string {
  const width = Math.max(...compared.map(({ name }) => name.length));
  const lines = compared.map(({ id, name, ours, theirs, ratio, ratioMin, ratioMax, certain }) => {
    const spread = `[${ratioMin.toFixed(2)}-${ratioMax.toFixed(2)}]`;
    const both = `${ours.toPrecision(3)} against ${theirs.toPrecision(3)}`;
    const sure = certain ? '' : '  within the noise';
    return `${id.padEnd(9)}${name.padEnd(width)}  ${ratio.toFixed(2)}x ${spread}  ${both}${sure}`;
  });
  return `here / ${ref}, ratios of rounds run in turn\n${lines.join('\n')}\n`;
}
