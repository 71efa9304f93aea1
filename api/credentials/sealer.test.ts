/** What is sealed opens for its own place, under its own key, unaltered, and in no other way. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSealer } from './sealer.ts';

const newKey = () => randomBytes(32).toString('base64');
const key = newKey();
const sealer = createSealer([key]);
const place = 'provider_credentials vapi org_1';

test('opens for its place, and for no other', () => {
  const sealed = sealer.seal('secret', place);
  expect(sealer.open(sealed, place)).toBe('secret');
  expect(sealer.open(sealed, 'provider_credentials vapi org_2')).toBeUndefined();
});

test('two seals of one text have nothing in common, and neither shows it', () => {
  const [one, two] = [sealer.seal('secret', place), sealer.seal('secret', place)];
  expect(one.subarray(1)).not.toEqual(two.subarray(1));
  expect(one.subarray(1, 13)).not.toEqual(two.subarray(1, 13));
  expect(one.toString('latin1')).not.toContain('secret');
});

test('an altered byte anywhere, or a missing one, opens nothing', () => {
  const sealed = sealer.seal('secret', place);
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(sealer.open(altered, place)).toBeUndefined();
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(sealer.open(sealed.subarray(0, length), place)).toBeUndefined();
  }
});

test('a key is changed by putting the new one first', () => {
  const old = sealer.seal('secret', place);
  const next = newKey();
  const changing = createSealer([next, key]);
  expect(changing.open(old, place)).toBe('secret');
  const renewed = changing.seal('secret', place);
  expect(createSealer([next]).open(renewed, place)).toBe('secret');
  expect(createSealer([next]).open(old, place)).toBeUndefined();
  expect(sealer.open(renewed, place)).toBeUndefined();
});

test('without a key nothing is sealed or opened', () => {
  const none = createSealer([]);
  expect(none.usable).toBe(false);
  expect(() => none.seal('secret', place)).toThrow();
  expect(none.open(sealer.seal('secret', place), place)).toBeUndefined();
});
