import { expect, test } from 'vitest';
import { chaos } from './chaos.ts';
import { isClean } from './run.ts';

/** It takes three minutes while other tests run beside it; only one that is stuck takes so long. */
const TIMEOUT_MS = 1_500_000;

test(
  'killed under load, processes and stores alike, nothing acknowledged is lost or doubled: short form',
  async () => {
    const lines: string[] = [];
    const names = ['redis-kill', 'redis-wipe', 'embedded'];
    const reports = await chaos(names, { cycles: 2, seconds: 0.5 }, (line) => lines.push(line));
    expect(reports.every(isClean), lines.join('\n')).toBe(true);
    expect(reports.map(({ scenario, rows }) => [scenario, rows.length])).toEqual(
      names.map((name) => [name, 2]),
    );
    for (const { rows } of reports) {
      for (const row of rows) expect(row.acknowledged, row.label).toBeGreaterThan(50);
    }
  },
  TIMEOUT_MS,
);
