import { describe, expect, test } from 'vitest';
import { exponentOf, isCardCurrency, microsOf, minorOf } from './minor-units.ts';

describe('card amounts', () => {
  test.each([
    ['usd', 25_000_000, 2500],
    ['jpy', 25_000_000, 25],
    ['kwd', 25_000_000, 25_000],
    ['usd', 10_000, 1],
    ['kwd', 10_000, 10],
    ['isk', 5_000_000, 500],
  ])('%s: %i micros are %i, there and back', (currency, micros, minor) => {
    expect(minorOf(micros, currency)).toBe(minor);
    expect(microsOf(minor, currency)).toBe(micros);
  });

  test.each([
    ['usd', 25_000_001],
    ['usd', 9_999],
    ['jpy', 500_000],
    ['kwd', 1_000],
    ['ugx', 10_000],
  ])(
    '%s: %i micros have a remainder no card can be charged, and are refused',
    (currency, micros) => {
      expect(minorOf(micros, currency)).toBeUndefined();
    },
  );

  test('exponents are 0, 2 or 3; a unit of one’s own is no card currency', () => {
    expect(['jpy', 'usd', 'bhd'].map(exponentOf)).toEqual([0, 2, 3]);
    expect(isCardCurrency('usd')).toBe(true);
    expect(isCardCurrency('credit')).toBe(false);
  });
});
