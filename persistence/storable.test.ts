import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storable, storableJson, storableJsonText } from './storable.ts';

const BAD = '\uFFFD';

test.each([
  ['plain text', 'plain text'],
  ['a\0b', `a${BAD}b`],
  ['pair \ud83d\ude00 stays', 'pair \ud83d\ude00 stays'],
  ['half \ud83d', `half ${BAD}`],
  ['\ude00 half', `${BAD} half`],
  ['\ud83d\ud83d\ude00', `${BAD}\ud83d\ude00`],
])('%j can be stored as %j', (text, stored) => {
  expect(storable(text)).toBe(stored);
});

test('keys and values of a JSON value are cleaned at every depth, the rest is kept', () => {
  expect(storableJson({ 'a\0': [1, null, { b: 'x\0', c: true }] })).toEqual({
    [`a${BAD}`]: [1, null, { b: `x${BAD}`, c: true }],
  });
});

test('JSON as text is the same as JSON whose texts were replaced, whatever is in it', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\0', '\ud83d', '\ude00', '\\u0000', '\\\\ud800', '\ud83d\ude00'),
  );
  const value = fc.dictionary(part, fc.oneof(part, fc.array(part), fc.double()));
  fc.assert(
    fc.property(value, (any) => {
      expect(storableJsonText(any)).toBe(JSON.stringify(storableJson(any)));
    }),
  );
});
