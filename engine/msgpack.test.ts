import { decode, encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMsgpack, encodeMsgpack } from './msgpack.ts';
import { readPacked } from './msgpack-read.ts';

const leaf = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -40_000, max: 70_000 }),
  fc.integer({ min: -40, max: 300 }),
  fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  fc.boolean(),
);
const { list } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('list')),
  list: fc.array(tie('value'), { maxLength: 40 }),
}));

function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch {
    return 'refused';
  }
}

describe('packed values', () => {
  test('lists of integers, ASCII text and flags are read without the package, to the same values', () => {
    fc.assert(
      fc.property(list, (value) => {
        const packed = Buffer.from(encode(value));
        expect(readPacked(packed)).toEqual(value);
        expect(encodeMsgpack(value as unknown[])).toEqual(packed);
      }),
    );
  });

  test('whatever the bytes are, the answer or the refusal is that of the package', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.anything({ withNullPrototype: false, maxDepth: 2 }).map((value) => {
        try {
          return encode([value]);
        } catch {
          return encode(['ä€😀', null, 1.5, { a: 1 }]);
        }
      }),
    );
    fc.assert(
      fc.property(bytes, fc.nat(40), (made, cut) => {
        const packed = Buffer.from(made.subarray(0, Math.max(1, made.length - cut)));
        const own = outcomeOf(() => decodeMsgpack('it', packed));
        expect(own).toEqual(outcomeOf(() => decode(packed)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('integers at the borders of each width', () => {
    const borders = [7, 8, 15, 16, 31, 32, 53].flatMap((bits) =>
      [-1, 0, 1].flatMap((by) => [2 ** bits + by, -(2 ** bits) + by]),
    );
    const values = borders.filter(Number.isSafeInteger);
    expect(readPacked(Buffer.from(encode(values)))).toEqual(values);
    // What cmsgpack writes of numbers that a double cannot hold.
    for (const hex of ['cfffffffffffffffff', 'd38000000000000000', 'cf0020000000000001']) {
      const packed = Buffer.from(hex, 'hex');
      expect(readPacked(packed)).toBe(decode(packed));
    }
  });
});
