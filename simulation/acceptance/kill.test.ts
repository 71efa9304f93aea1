import { expect, test } from 'vitest';
import { DISASTERS, kill, tableOf } from './kill.ts';

const TIMEOUT_MS = 180_000;

test(
  'killed under load, process and stores alike, nothing acknowledged is lost or doubled: short form',
  async () => {
    const rows = await kill({ seconds: 1, kills: 1, only: DISASTERS }, () => undefined);
    expect(
      rows.flatMap((row) => row.faults),
      tableOf(rows),
    ).toEqual([]);
    expect(rows.map((row) => row.strikes)).toEqual([2, 2, 2, 2]);
    for (const row of rows) expect(row.acknowledged, row.disaster).toBeGreaterThan(50);
  },
  TIMEOUT_MS,
);
