import { expect, test } from 'vitest';
import { rightTime } from './vote.ts';

test.each<[string, number, number, number | undefined, number | undefined]>([
  ['all agree: no step', 1_500, 0, 500, 1_500],
  ["this machine's is wrong", 0, 90_000, 1_000, 0],
  ["Postgres' is wrong", 0, 1_000, 90_000, 0],
  ['its own is wrong', 90_000, 1_000, 500, 500],
  ['all differ: the middle one', 90_000, -90_000, 10_000, 10_000],
  ['Postgres is away, the two agree', 0, 1_900, undefined, 0],
  ['Postgres is away, the two do not', 0, 2_100, undefined, undefined],
])('%s', (_, own, machine, postgres, right) => {
  expect(rightTime(own, machine, postgres)).toBe(right);
});
