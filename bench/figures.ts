/** What a measurement says: named numbers, and over several rounds their median and spread. */

export type Unit = 'us' | 'ms' | 's' | 'per second' | 'x' | '%' | 'B' | 'MB' | 'count';

export interface Figure {
  /** Unique in its measurement; says what was measured on what. */
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
}

/** A figure over all rounds. */
export interface Summary {
  readonly name: string;
  readonly unit: Unit;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

export function figure(name: string, unit: Unit, value: number): Figure {
  return { name, unit, value };
}

/** Figures by name in the order of their first appearance. A round may lack some. */
export function summarize(rounds: readonly (readonly Figure[])[]): Summary[] {
  const byName = new Map<string, { unit: Unit; values: number[] }>();
  for (const { name, unit, value } of rounds.flat()) {
    const known = byName.get(name) ?? { unit, values: [] };
    byName.set(name, { unit, values: [...known.values, value] });
  }
  return [...byName].map(([name, { unit, values }]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return {
      name,
      unit,
      median: medianOf(values),
      min: sorted[0] ?? 0,
      max: sorted.at(-1) ?? 0,
      rounds: sorted.length,
    };
  });
}

/** 0 of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
