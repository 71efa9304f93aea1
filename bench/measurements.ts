/** Every measurement, in the order of the report. */
import type { Measure } from './measurement.ts';

export interface Measurement {
  /** The letter of the issue that asks for it, or a word. */
  readonly id: string;
  readonly title: string;
  /** Loaded in the round's process alone. */
  readonly load: () => Promise<Measure>;
}

export const MEASUREMENTS: readonly Measurement[] = [
  {
    id: 'a',
    title: 'Script CPU against an empty EVALSHA with the same keys and arguments',
    load: async () => (await import('./scripts/measure.ts')).measureScripts,
  },
  {
    id: 'b',
    title: 'Engine: latency and throughput',
    load: async () => (await import('./engine/measure.ts')).measureEngine,
  },
  {
    id: 'e',
    title: 'Against SELECT ... FOR UPDATE in Postgres',
    load: async () => (await import('./peers/for-update/measure.ts')).measureForUpdate,
  },
];

export function measurementOf(id: string): Measurement {
  const found = MEASUREMENTS.find((measurement) => measurement.id === id);
  if (found === undefined) throw new Error(`there is no measurement ${id}`);
  return found;
}
