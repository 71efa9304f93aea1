import { expect, test } from 'vitest';
import { measureGate } from './run.ts';

test('a wiped and a restarted Redis come back whole, and a first touch asks Postgres once', async () => {
  const options = { wallets: 3_000, liveCalls: 40, livePartitions: 8, loaded: 3_000 };
  const told: string[] = [];
  const report = await measureGate(options, (_done, _total, text) => void told.push(text));
  // Every live call with its wallet; each on a wallet of its own.
  expect(report.wiped.restored).toBe(2 * options.liveCalls);
  expect(report.restarted.restored).toBe(0);
  expect(report.wiped.liveShutMs).toHaveLength(options.livePartitions);
  const [first] = report.touches.first;
  expect(first).toBeDefined();
  const turns = (touches: typeof report.touches.first, of: 'redis' | 'postgres') =>
    touches.map((touch) => touch[of]).sort((a, b) => a - b)[Math.floor(touches.length / 2)];
  expect(turns(report.touches.first, 'redis')).toBe(2);
  expect(turns(report.touches.first, 'postgres')).toBe(1);
  // A Redis that was rebuilt may have forgotten any key: the ledger is asked about each new one.
  expect(turns(report.touches.second, 'redis')).toBe(2);
  expect(turns(report.touches.second, 'postgres')).toBe(1);
  expect(report.differences).toBe(0);
  expect(told).toContain('3000 wallets in Postgres');
}, 900_000);
