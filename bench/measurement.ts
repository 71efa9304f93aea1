/** What a measurement is, and what a round of it is given. */
import type { Figure } from './figures.ts';
import type { Size } from './workload.ts';

export interface Round {
  readonly size: Size;
  /** From 0. Even and odd rounds take the two sides of a comparison in opposite order. */
  readonly index: number;
  /** A database server for this round to make its database on. */
  readonly postgresUrl: string;
  /** An empty directory that is removed afterwards. */
  readonly dir: string;
}

/** One round in a process of its own. */
export type Measure = (round: Round) => Promise<Figure[]>;

/** Both sides of a comparison, in an order that the round's parity decides. */
export async function alternated<A, B>(
  index: number,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  if (index % 2 === 0) return [await first(), await second()];
  const b = await second();
  return [await first(), b];
}
