/** The bounds that KILL-SWITCH.md publishes are those of the price function. */
import { expect, test } from 'vitest';
import { priceOf } from '../engine/index.ts';
import { document } from './test/markdown.ts';

const LEAD_SECONDS = 3;
const RATE = 100_000;
/** Any whole number of minutes is the end of an increment at each price. */
const COVERED_MS = 120_000;

function boundMicros(incrementSeconds: number, afterSeconds: number): number {
  const ms = incrementSeconds * 1000;
  const price = {
    rateMicrosPerMinute: RATE,
    initialMs: ms,
    subsequentMs: ms,
    connectionFeeMicros: 0,
    minimumMicros: 0,
  };
  const talkedMs = COVERED_MS + (afterSeconds - LEAD_SECONDS) * 1000;
  return priceOf(price, talkedMs) - priceOf(price, COVERED_MS);
}

test('the table of bounds is what the price function takes', () => {
  const { text } = document('docs/KILL-SWITCH.md');
  const rows = [...text.matchAll(/^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm)].map((row) =>
    row.slice(1).map(Number),
  );
  expect(rows.length).toBeGreaterThanOrEqual(5);
  for (const [after = 0, ...bounds] of rows) {
    expect(bounds).toEqual([1, 6, 60].map((increment) => boundMicros(increment, after)));
  }
});
