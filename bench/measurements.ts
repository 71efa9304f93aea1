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
    id: 'c',
    title: 'HTTP against a bare Hono POST in the same process',
    load: async () => (await import('./http/measure.ts')).measureHttp,
  },
  {
    id: 'd',
    title: 'The flusher, from Redis into Postgres',
    load: async () => (await import('./flusher/measure.ts')).measureFlusher,
  },
  {
    id: 'e',
    title: 'Against SELECT ... FOR UPDATE in Postgres',
    load: async () => (await import('./peers/for-update/measure.ts')).measureForUpdate,
  },
  {
    id: 'f',
    title: 'What durability costs',
    load: async () => (await import('./durability/measure.ts')).measureDurability,
  },
  {
    id: 'g',
    title: 'Memory of Redis',
    load: async () => (await import('./memory/measure.ts')).measureMemory,
  },
  {
    id: 'enforcer',
    title: 'The enforcer, calls that nobody asks about',
    load: async () => (await import('./enforcer/measure.ts')).measureEnforcer,
  },
  {
    id: 'size',
    title: 'Cost of authorize against the size of things',
    load: async () => (await import('./size/measure.ts')).measureSize,
  },
];

export function measurementOf(id: string): Measurement {
  const found = MEASUREMENTS.find((measurement) => measurement.id === id);
  if (found === undefined) throw new Error(`there is no measurement ${id}`);
  return found;
}
