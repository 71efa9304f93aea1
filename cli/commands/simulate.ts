import fs from 'node:fs';
import {
  commandOf,
  INCREMENTS,
  type Increment,
  isKept,
  markdownOf,
  PROVIDERS,
  type ProviderName,
  promiseLines,
  runWorld,
  type WorldOptions,
  type WorldReport,
} from '../../simulation/main.ts';
import { type Command, optionsOf, UsageError } from '../command.ts';
import { simulateWorld } from './simulate-world.ts';

const CALLS_MAX = 20_000;
const ENFORCERS_MAX = 8;
const SECONDS_MIN = 10;
const SECONDS_MAX = 3_600;
const SEED_MAX = 4_294_967_295;
const SEEDS_MAX = 1_000_000;
const STEPS_MAX = 100_000;
const LANES_MAX = 16;

export const simulate: Command = {
  name: 'simulate',
  summary: 'calls by the thousand at simulated providers; or a seeded world that loses its stores',
  options: [
    ['--calls <n>', 'calls to place, 2000'],
    ['--wallets <n>', 'wallets that pay for them, 200'],
    ['--one-wallet', 'one wallet pays for all of them'],
    ['--provider <name>', 'vapi, retell, twilio or mix (default)'],
    ['--increment <i/s>', '1/1 (default), 6/6, 60/60, or all, one world after the other'],
    ['--seconds <n>', 'by then the last wallet is dry, 120'],
    ['--faults <none|rough>', 'rough: 30% of requests fail, events lost, doubled, disordered'],
    ['--enforcers <n>', 'so many processes of their own, beside API and flusher; 0: one for all'],
    [
      '--kill-enforcer-every <s>',
      'kills an enforcer process -9 so often; there are 2 at least then',
    ],
    ['--restart-redis', 'kills Redis -9 once and starts it again'],
    ['--seed <n>', 'repeats a world'],
    ['--report <file>', 'writes a report in Markdown'],
    ['--logs <directory>', 'keeps the logs of all processes'],
    ['--world', 'the seeded world instead: real stores, a virtual clock, faults, all invariants'],
    ['--seeds <n>', 'with --world: seeds to run, 100, from --seed on'],
    ['--steps <n>', 'with --world: events of each seed, 200'],
    ['--lanes <n>', 'with --world: seeds at a time, each on stores of its own, 4'],
    ['--break <name>', 'with --world: runs a build that is broken on purpose'],
    ['--mutations', 'with --world: runs each of those until it is found, at most 50 seeds'],
  ],
  async run(args, surroundings) {
    const options = optionsOf(args, {
      calls: { type: 'string' },
      wallets: { type: 'string' },
      'one-wallet': { type: 'boolean' },
      provider: { type: 'string' },
      increment: { type: 'string' },
      seconds: { type: 'string' },
      faults: { type: 'string' },
      enforcers: { type: 'string' },
      'kill-enforcer-every': { type: 'string' },
      'restart-redis': { type: 'boolean' },
      seed: { type: 'string' },
      report: { type: 'string' },
      logs: { type: 'string' },
      world: { type: 'boolean' },
      seeds: { type: 'string' },
      steps: { type: 'string' },
      lanes: { type: 'string' },
      break: { type: 'string' },
      mutations: { type: 'boolean' },
    });
    if (options.world === true) {
      const seeded = {
        first: whole('seed', options.seed, 1, 0, SEED_MAX),
        count: whole('seeds', options.seeds, 100, 1, SEEDS_MAX),
        steps: whole('steps', options.steps, 200, 1, STEPS_MAX),
        lanes: whole('lanes', options.lanes, 4, 1, LANES_MAX),
        breakName: options.break,
        mutations: options.mutations === true,
      };
      return simulateWorld(seeded, surroundings);
    }
    const calls = whole('calls', options.calls, 2_000, 1, CALLS_MAX);
    const killEvery = whole('kill-enforcer-every', options['kill-enforcer-every'], 0, 0);
    const enforcers = whole('enforcers', options.enforcers, 0, 0, ENFORCERS_MAX);
    const world: Omit<WorldOptions, 'increment'> = {
      calls,
      wallets:
        options['one-wallet'] === true
          ? 1
          : whole('wallets', options.wallets, Math.min(200, calls), 1, calls),
      providers: providersOf(options.provider ?? 'mix'),
      faults: faultsOf(options.faults ?? 'none'),
      enforcers: killEvery > 0 ? Math.max(2, enforcers) : enforcers,
      killEnforcerEverySeconds: killEvery,
      restartRedis: options['restart-redis'] === true,
      seconds: whole('seconds', options.seconds, 120, SECONDS_MIN),
      seed: whole('seed', options.seed, Math.floor(Math.random() * SEED_MAX), 0, SEED_MAX),
      logs: options.logs,
    };
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const reports: WorldReport[] = [];
    for (const increment of incrementsOf(options.increment ?? '1/1')) {
      const report = await runWorld({ ...world, increment }, surroundings, stop.signal);
      reports.push(report);
      surroundings.out(textOf(report));
    }
    if (options.report !== undefined) fs.writeFileSync(options.report, markdownOf(reports));
    return reports.every(isKept) ? 0 : 1;
  },
};

function textOf(report: WorldReport): string {
  const lines = [
    ...promiseLines(report.promises),
    ...report.incidents,
    ...report.logged,
    ...report.lines.map(([what, value]) => `${what}: ${value}`),
    commandOf(report.options),
  ];
  return `${lines.join('\n')}\n\n`;
}

function whole(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max = SECONDS_MAX,
): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} takes a whole number from ${min} to ${max}`);
}

function providersOf(text: string): readonly ProviderName[] {
  if (text === 'mix') return PROVIDERS;
  const named = PROVIDERS.filter((name) => name === text);
  if (named.length === 1) return named;
  throw new UsageError(`--provider takes ${PROVIDERS.join(', ')} or mix`);
}

function incrementsOf(text: string): readonly Increment[] {
  if (text === 'all') return INCREMENTS;
  const named = INCREMENTS.filter((increment) => increment === text);
  if (named.length === 1) return named;
  throw new UsageError(`--increment takes ${INCREMENTS.join(', ')} or all`);
}

function faultsOf(text: string): WorldOptions['faults'] {
  if (text === 'none' || text === 'rough') return text;
  throw new UsageError('--faults takes none or rough');
}
