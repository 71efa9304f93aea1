import { isClean, LEGEND, chaos as runChaos, SCENARIOS } from '../../simulation/main.ts';
import { type Command, optionsOf, UsageError } from '../command.ts';

const CYCLES_MAX = 10_000;
const SECONDS_MAX = 3_600;
const ALL = 'all';

export const chaos: Command = {
  name: 'chaos',
  summary: 'kills Redis, Postgres and processes under load, and looks for what was acknowledged',
  options: [
    ...SCENARIOS.map(({ name, summary }) => [name, summary] as const),
    [ALL, 'one scenario after the other, and without a name'],
    ['--cycles <n>', 'how often it strikes; each scenario has a number of its own'],
    ['--seconds <s>', 'of load before each blow; in the scenarios *-away, of being away'],
  ],
  async run(args, { out }) {
    const [first = ALL, ...rest] = args;
    const named = first.startsWith('-') ? ALL : first;
    const options = optionsOf(named === first ? rest : args, {
      cycles: { type: 'string' },
      seconds: { type: 'string' },
    });
    const cycles = whole('cycles', options.cycles, CYCLES_MAX);
    const seconds = whole('seconds', options.seconds, SECONDS_MAX);
    out(`${LEGEND}\n\n`);
    const print = (line: string) => out(`${line}\n`);
    const reports = await runChaos(namesOf(named), { cycles, seconds }, print);
    return reports.every(isClean) ? 0 : 1;
  },
};

function namesOf(named: string): string[] {
  const names = SCENARIOS.map(({ name }) => name);
  if (named === ALL) return names;
  if (names.includes(named)) return [named];
  throw new UsageError(`there is no scenario ${named}: ${[...names, ALL].join(', ')}`);
}

function whole(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  throw new UsageError(`--${name} takes a whole number from 1 to ${max}`);
}
