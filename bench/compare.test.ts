import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compareWith, comparisonText } from './compare.ts';
import { OWN_TREE } from './run.ts';

const COMPARE_MS = 300_000;

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: OWN_TREE, encoding: 'utf8' });
}

function inRepository(): boolean {
  try {
    return git('rev-parse', 'HEAD') !== '';
  } catch {
    console.warn('no git repository here: --compare is not tested');
    return false;
  }
}

test.runIf(inRepository())(
  'two commits are measured in turn, with the ratio of each figure, and nothing is left behind',
  async () => {
    const trees = git('worktree', 'list');
    const options = { form: 'smoke', only: ['a'], rounds: 2 } as const;
    const compared = await compareWith('HEAD', options, () => undefined);
    const authorize = compared.find(({ name }) => name === 'authorize: script');
    expect(authorize?.id).toBe('a');
    for (const { name, ratio, ratioMin, ratioMax } of compared) {
      expect(ratioMin <= ratio && ratio <= ratioMax, name).toBe(true);
      expect(ratioMin, name).toBeGreaterThan(0);
    }
    expect(comparisonText('HEAD', compared)).toContain('authorize: script');
    expect(git('worktree', 'list')).toBe(trees);
  },
  COMPARE_MS,
);
