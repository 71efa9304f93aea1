import { DEFAULTS, gateFaults, gateLines, measureGate } from '../../simulation/main.ts';
import { type Command, optionsOf, UsageError } from '../command.ts';
import { createProgress } from '../progress.ts';

const WALLETS_MAX = 10_000_000;
const CALLS_MAX = 100_000;

export const gate: Command = {
  name: 'gate',
  summary:
    'measures how long the recovery gate is shut over a million wallets, on stores of its own',
  options: [
    ['--wallets <n>', `in Postgres; default ${DEFAULTS.wallets}`],
    ['--live-calls <n>', `open meanwhile; default ${DEFAULTS.liveCalls}`],
    ['--live-partitions <n>', `that they are on, of 64; default ${DEFAULTS.livePartitions}`],
    ['--loaded <n>', 'wallets in Redis when it is killed and comes back with them; default all'],
  ],
  async run(args, surroundings) {
    const options = optionsOf(args, {
      wallets: { type: 'string' },
      'live-calls': { type: 'string' },
      'live-partitions': { type: 'string' },
      loaded: { type: 'string' },
    });
    const wallets = whole('wallets', options.wallets, WALLETS_MAX) ?? DEFAULTS.wallets;
    const asked = {
      wallets,
      liveCalls: whole('live-calls', options['live-calls'], CALLS_MAX) ?? DEFAULTS.liveCalls,
      livePartitions:
        whole('live-partitions', options['live-partitions'], 64) ?? DEFAULTS.livePartitions,
      loaded: whole('loaded', options.loaded, wallets) ?? wallets,
    };
    const progress = createProgress(surroundings);
    const report = await measureGate(asked, progress.show);
    progress.end();
    const faults = gateFaults(report);
    const lines = [...gateLines(report), ...faults.map((fault) => `FAULT: ${fault}`)];
    surroundings.out(`${lines.join('\n')}\n`);
    return faults.length === 0 ? 0 : 1;
  },
};

function whole(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  throw new UsageError(`--${name} takes a whole number from 1 to ${max}`);
}
