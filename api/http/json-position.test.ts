import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonFaultPosition } from './json-position.ts';

/** Where JSON.parse says that the text stops being JSON; it does so for structural faults only. */
function positionByParser(text: string): number | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const found = /^(?:Expected|Unexpected non-whitespace).* at position (\d+)/s.exec(message);
    return found?.[1] === undefined ? undefined : Number(found[1]);
  }
}

describe('jsonFaultPosition', () => {
  test.each([
    ['{"a":1,}', 7],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['nul', 0],
    ['"open', 0],
    ['  ', 2],
    ['{"a":1', 6],
    ['[1]]', 3],
    ['-', 0],
  ])('%j stops being JSON at %i', (text, position) => {
    expect(jsonFaultPosition(text)).toBe(position);
  });

  test('agrees with JSON.parse wherever that names a position', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', ',', 'x', ']'), (json, at, put) => {
        const place = at % json.length;
        const text = json.slice(0, place) + put + json.slice(place + 1);
        const expected = positionByParser(text);
        fc.pre(expected !== undefined);
        compared += 1;
        expect(jsonFaultPosition(text)).toBe(expected);
      }),
    );
    expect(compared).toBeGreaterThan(0);
  });

  test('a million open brackets are no deep recursion', () => {
    expect(jsonFaultPosition('['.repeat(1_000_000))).toBe(1_000_000);
  });
});
