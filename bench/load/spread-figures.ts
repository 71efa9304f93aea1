import { type Figure, figure } from '../figures.ts';
import type { Spread } from './latencies.ts';

/** The percentiles that reports name. */
export function spreadFigures(name: string, { p50, p99, p999 }: Spread): Figure[] {
  return [
    figure(`${name} p50`, 'ms', p50),
    figure(`${name} p99`, 'ms', p99),
    figure(`${name} p99.9`, 'ms', p999),
  ];
}
