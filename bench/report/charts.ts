/** Which charts docs/BENCHMARKS.md shows: each is the figures of one measurement that match. */
import type { MeasurementResult } from '../run.ts';
import type { Chart } from './chart.ts';

export interface NamedChart extends Chart {
  /** Its file, without the ending. */
  readonly file: string;
  readonly of: string;
}

interface Choice {
  readonly file: string;
  readonly of: string;
  readonly title: string;
  readonly figures: RegExp;
  readonly logarithmic?: boolean;
}

const CHOICES: readonly Choice[] = [
  { file: 'scripts', of: 'a', title: 'Script CPU against an empty EVALSHA', figures: /empty$/ },
  { file: 'capacity', of: 'b', title: 'Engine, one process', figures: /^capacity: (?!engine)/ },
  {
    file: 'for-update',
    of: 'e',
    title: 'Reserving, per second',
    figures: /reserve, (ours|FOR UPDATE|FOR UPDATE, commit off)$/,
    logarithmic: true,
  },
  { file: 'http', of: 'c', title: 'HTTP, one process', figures: /^capacity: / },
  {
    file: 'latency',
    of: 'b',
    title: 'Authorize in the engine, one process',
    figures: /^(one caller|open loop at \d+% of capacity): authorize p(50|99)$/,
    logarithmic: true,
  },
  { file: 'flusher', of: 'd', title: 'Rows into Postgres', figures: /^rows: / },
  {
    file: 'memory',
    of: 'g',
    title: 'Memory of Redis for one',
    figures: /^(wallet|live call|journal entry$|tombstone|closed call)/,
  },
  { file: 'durability', of: 'f', title: 'What durability costs', figures: /^AOF \w+: authorize/ },
];

export function chartsOf(results: readonly MeasurementResult[]): NamedChart[] {
  return CHOICES.flatMap(({ figures, ...choice }) => {
    const result = results.find(({ id }) => id === choice.of);
    const bars = (result?.figures ?? []).filter(
      ({ name }) => figures.test(name) && !name.endsWith(': empty'),
    );
    return bars.length > 0 ? [{ ...choice, bars }] : [];
  });
}
