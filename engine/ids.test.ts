import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { callHoldId, derivedId } from './ids.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The same written down bit by bit: releases must agree on ids that are in ledgers. */
function bitByBit(parts: readonly string[]): string {
  const bits = [...hash('sha256', JSON.stringify(parts), 'buffer')]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = Array.from({ length: 26 }, (_, i) => bits.slice(i * 5, i * 5 + 5));
  return letters.map((five) => ALPHABET.charAt(Number.parseInt(five, 2))).join('');
}

test('a derived id is 130 bits of the hash of its parts, the same for ever', () => {
  for (let i = 0; i < 1_000; i += 1) {
    const parts = ['call', `org_${i}`, `call ${i * 7}`];
    expect(derivedId('hold', ...parts)).toBe(`hold_${bitByBit(parts)}`);
  }
  expect(callHoldId('org_1', 'call-1')).toBe('hold_dppbg8x10v1zhg6kndnc2kvwwh');
});
