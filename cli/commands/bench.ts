import {
  type BenchOptions,
  commitOf,
  compareWith,
  comparisonText,
  type Form,
  keepResults,
  MEASUREMENTS,
  resultText,
  runBench,
  runScenarios,
  SCENARIO_NAMES,
  SHORT_SCENARIOS,
  workloadLines,
} from '../../bench/main.ts';
import { type Command, optionsOf, UsageError } from '../command.ts';

const ROUNDS_MAX = 100;

export const bench: Command = {
  name: 'bench',
  summary: 'measures speed, memory and the design users have today, in one run',
  options: [
    ['--quick', 'one short round of everything: a look, not a result'],
    ['--smoke', 'so little of everything that only its running is proven'],
    ['--only <a,b,...>', `some of ${MEASUREMENTS.map(({ id }) => id).join(', ')}`],
    ['--rounds <n>', 'instead of 5, or of 1 with --quick'],
    ['--json', 'prints the results as data'],
    ['--write <name>', 'keeps them in bench/results/ and draws docs/BENCHMARKS.md'],
    ['--compare <git-ref>', 'the same on another commit in turn, and the ratios'],
    [
      '--scenarios <names>',
      `instead: loads over HTTP at open arrival rates, by k6 where it is installed; short, or some of ${SCENARIO_NAMES.join(', ')}`,
    ],
    ['--no-k6', 'the scenarios by our own generator'],
  ],
  async run(args, { out, isTerminal }) {
    const options = optionsOf(args, {
      quick: { type: 'boolean' },
      smoke: { type: 'boolean' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'boolean' },
      write: { type: 'string' },
      compare: { type: 'string' },
      scenarios: { type: 'string' },
      'no-k6': { type: 'boolean' },
    });
    const form: Form = options.smoke ? 'smoke' : options.quick ? 'quick' : 'full';
    const names = scenariosOf(options.scenarios);
    if (names !== undefined) {
      return (await runScenarios({ form, names, k6: options['no-k6'] !== true }, out)) ? 0 : 1;
    }
    const chosen: BenchOptions = {
      form,
      only: onlyOf(options.only),
      rounds: roundsOf(options.rounds),
    };
    const name = nameOf(options.write);
    const ref = refOf(options.compare);
    const json = options.json === true;
    const tell = (text: string) => {
      if (isTerminal && !json) out(`${text}\n`);
    };
    const rounds = chosen.rounds === undefined ? undefined : `${chosen.rounds} rounds`;
    if (!json) out(`${workloadLines(form, rounds).join('\n')}\n\n`);
    if (ref !== undefined) {
      const compared = await compareWith(ref, chosen, tell);
      out(json ? jsonOf(compared) : comparisonText(ref, compared));
      return 0;
    }
    const results = await runBench(chosen, tell);
    out(json ? jsonOf(results) : resultText(results));
    if (name !== undefined) for (const file of keepResults(name, results)) tell(`wrote ${file}`);
    return 0;
  },
};

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function onlyOf(text: string | undefined): string[] {
  if (text === undefined) return [];
  const ids = text.split(',');
  const unknown = ids.filter((id) => !MEASUREMENTS.some((one) => one.id === id));
  if (unknown.length === 0) return ids;
  const known = MEASUREMENTS.map(({ id }) => id).join(', ');
  throw new UsageError(`--only takes some of ${known}, separated by commas`);
}

function scenariosOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'short') return SHORT_SCENARIOS;
  const names = text.split(',');
  if (names.every((name) => SCENARIO_NAMES.includes(name))) return names;
  throw new UsageError(`--scenarios takes short, or some of ${SCENARIO_NAMES.join(', ')}`);
}

function roundsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= ROUNDS_MAX) return value;
  throw new UsageError(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}`);
}

function refOf(text: string | undefined): string | undefined {
  if (text === undefined || commitOf(text) !== undefined) return text;
  throw new UsageError(`there is no commit ${text}`);
}

function nameOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z0-9][a-z0-9-]{0,63}$/.test(text)) return text;
  throw new UsageError('--write takes a name of lower-case letters, digits and dashes');
}
