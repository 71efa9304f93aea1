import { expect, test } from 'vitest';
import { capFloorMs, providerCapSeconds } from './provider-cap.ts';

test.each([
  // provider, mode, longest, affordable -> cap
  ['vapi', 'affordable', 3_600_000, 137_421, 137],
  ['vapi', 'affordable', 3_600_000, 9_999_999_999, 3600],
  ['vapi', 'affordable', 86_400_000, -1, 43_200],
  ['vapi', 'max_duration', 3_600_000, 61_000, 3600],
  ['retell', 'affordable', 3_600_000, 61_500, 61],
  ['retell', 'affordable', 43_200_000, -1, 7200],
  ['retell', 'max_duration', 30_000, 300_000, 60],
  [undefined, 'affordable', 3_600_000, 61_500, 61],
  ['twilio', 'affordable', 3_600_000, 5_000, 5],
] as const)(
  '%s, %s: longest %i ms, affordable %i ms: %i s',
  (provider, mode, longest, pay, cap) => {
    expect(providerCapSeconds(provider, mode, longest, pay)).toBe(cap);
  },
);

test('a cap is never raised above what is affordable: the engine must see the floor paid', () => {
  expect(capFloorMs('retell', 'affordable', 3600)).toBe(60_000);
  expect(capFloorMs('vapi', 'affordable', 3600)).toBe(10_000);
  expect(capFloorMs('retell', 'max_duration', 30)).toBe(60_000);
  expect(capFloorMs('retell', 'max_duration', 3600)).toBe(0);
  expect(capFloorMs(undefined, 'affordable', 3600)).toBe(0);
});
