import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, fingerprintOf, idempotencyKeyOf } from './idempotency.ts';

describe('the fingerprint of a body', () => {
  test('is the same whatever the order of its fields', () => {
    const one = { b: [1, { y: 1, x: null }], a: 'text' };
    const two = { a: 'text', b: [1, { x: null, y: 1 }] };
    expect(fingerprintOf(one)).toBe(fingerprintOf(two));
    expect(fingerprintOf(one)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('takes a field without a value for an absent one, and no other', () => {
    expect(fingerprintOf({ a: 1, b: undefined })).toBe(fingerprintOf({ a: 1 }));
    expect(fingerprintOf({ a: 1, b: null })).not.toBe(fingerprintOf({ a: 1 }));
  });

  test('reads back as the value it was made of', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });
});

describe('the Idempotency-Key header', () => {
  test('is taken as it is', () => {
    expect(idempotencyKeyOf('order 17/a', true)).toBe('order 17/a');
    expect(idempotencyKeyOf(null, false)).toBeUndefined();
  });

  test.each([null, ''])('%j is missing where it is required', (header) => {
    expect(() => idempotencyKeyOf(header, true)).toThrow('Idempotency-Key');
  });
});
