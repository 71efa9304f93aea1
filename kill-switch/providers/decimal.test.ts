import { expect, test } from 'vitest';
import { centsToMicros, dollarsToMicros } from './decimal.ts';

test.each([
  [0.2181, 218_100],
  [0.0321, 32_100],
  [0.07, 70_000],
  [1.005, 1_005_000],
  [4.35, 4_350_000],
  [1e-7, 0],
  [5e-7, 1],
  [0.1234565, 123_457],
  [0, 0],
  [-0.5, -500_000],
  [1_000_000, 1_000_000_000_000],
  ['0.29', 290_000],
])('%s dollars are %i micros', (dollars, micros) => {
  expect(dollarsToMicros(dollars)).toBe(micros);
});

test.each([
  [31.15, 311_500],
  [34.45, 344_500],
  [6.5333333, 65_333],
  [7.66, 76_600],
  [0, 0],
])('%s cents are %i micros', (cents, micros) => {
  expect(centsToMicros(cents)).toBe(micros);
});

test.each([
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
  [1e21],
  ['1e900'],
  ['1,5'],
  [''],
  [null],
  [{}],
])('%s is not an amount', (value) => {
  expect(dollarsToMicros(value)).toBeUndefined();
});
