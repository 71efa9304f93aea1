/** The tables of prices in MONEY.md are computed again. */
import { describe, expect, test } from 'vitest';
import { FREE, type Price, priceOf } from '../engine/index.ts';
import { document } from './test/markdown.ts';

const { text } = document('docs/MONEY.md');

/** Rows of numbers below a header line. */
function table(header: string): number[][] {
  const [, after] = text.split(`${header}\n`);
  if (after === undefined) throw new Error(`no table ${header}`);
  const lines = after.split('\n').slice(1);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end).map((line) => line.split('|').slice(1, -1).map(Number));
}

function at(increment: number, more: Partial<Price> = {}): Price {
  const ms = increment * 1000;
  return { ...FREE, rateMicrosPerMinute: 60_000, initialMs: ms, subsequentMs: ms, ...more };
}

describe('MONEY.md', () => {
  test('prices by increment', () => {
    const rows = table('| seconds | 60/60 | 6/6 | 1/1 |');
    expect(rows).toHaveLength(7);
    for (const [seconds = Number.NaN, ...prices] of rows) {
      const computed = [60, 6, 1].map((step) => priceOf(at(step), seconds * 1000));
      expect([seconds, ...prices]).toEqual([seconds, ...computed]);
    }
  });

  test('prices with fee and minimum', () => {
    const price = at(1, { connectionFeeMicros: 5_000, minimumMicros: 20_000 });
    const rows = table('| seconds | price |');
    expect(rows).toHaveLength(4);
    for (const [seconds = Number.NaN, shown] of rows) {
      expect([seconds, shown]).toEqual([seconds, priceOf(price, seconds * 1000)]);
    }
  });
});
