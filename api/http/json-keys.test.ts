import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasRepeatedKey } from './json-keys.ts';

const repeated = (text: string) => hasRepeatedKey(text, JSON.parse(text));

describe('a repeated key', () => {
  test.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a" : 1, "b":{"c":1,"c" :1}}',
    '[{"a":1},{"b":[{"a":1,"a":1}]}]',
    '{"":1,"":1}',
    '{"__proto__":1,"__proto__":1}',
    '{"a\\"":1,"a\\"":1}',
  ])('is seen in %s', (text) => {
    expect(repeated(text)).toBe(true);
  });

  test.each([
    '{"a":1,"b":1}',
    '{"a":"\\":\\"a\\":"}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '["a","a"]',
    '{"a":"a","b":"a:"}',
    '{"__proto__":1}',
    '"a"',
    '1',
    'null',
  ])('is not seen in %s', (text) => {
    expect(repeated(text)).toBe(false);
  });

  test('is never seen in what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => !repeated(JSON.stringify(value))));
  });

  test('is looked for without recursion', () => {
    const deep = (inner: string) => `${'{"a":'.repeat(100_000)}${inner}${'}'.repeat(100_000)}`;
    expect(repeated(deep('1'))).toBe(false);
    expect(repeated(deep('{"b":1,"b":1}'))).toBe(true);
  });
});
