import {
  type BenchOptions,
  compareWith,
  comparisonText,
  type Form,
  keepResults,
  MEASUREMENTS,
  resultText,
  runBench,
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
    });
    const form: Form = options.smoke ? 'smoke' : options.quick ? 'quick' : 'full';
    const chosen: BenchOptions = {
      form,
      only: onlyOf(options.only),
      rounds: roundsOf(options.rounds),
    };
    const name = nameOf(options.write);
    const json = options.json === true;
    const tell = (text: string) => {
      if (isTerminal && !json) out(`${text}\n`);
    };
    if (!json) out(`${workloadLines(form).join('\n')}\n\n`);
    if (options.compare !== undefined) {
      const compared = await compareWith(options.compare, chosen, tell);
      out(json ? jsonOf(compared) : comparisonText(options.compare, compared));
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

function roundsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= ROUNDS_MAX) return value;
  throw new UsageError(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}`);
}

function nameOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z0-9][a-z0-9-]{0,63}$/.test(text)) return text;
  throw new UsageError('--write takes a name of lower-case letters, digits and dashes');
}
