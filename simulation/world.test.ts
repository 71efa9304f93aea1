import { expect, test } from 'vitest';
import { isKept, promiseLines, runWorld, type WorldOptions } from './main.ts';

const TIMEOUT_MS = 900_000;

const options: WorldOptions = {
  calls: 24,
  wallets: 4,
  providers: ['vapi', 'retell', 'twilio'],
  increment: '1/1',
  faults: 'none',
  enforcers: 0,
  killEnforcerEverySeconds: 0,
  restartRedis: false,
  seconds: 20,
  seed: 7,
  onSharedMachine: true,
};

test(
  'calls at three providers, through real HTTP, end as their money does: short form of simulate',
  async () => {
    const screen = { isTerminal: false, out: () => undefined };
    const report = await runWorld(options, screen);
    expect(isKept(report), promiseLines(report.promises).join('\n')).toBe(true);
    expect(report.promises).toHaveLength(9);
    const [ended] = report.promises;
    expect(ended?.figures).toBe('24 by pushed');
  },
  TIMEOUT_MS,
);
