import { expect, test } from 'vitest';
import type { HoldState } from '../../engine/index.ts';
import { burnAfter } from './burn.ts';

const hold = (fields: Partial<HoldState>) =>
  ({
    kind: 'call',
    closedAtMs: 0,
    legs: [
      { walletId: 'a', rateMicrosPerMinute: 60 },
      { walletId: 'b', rateMicrosPerMinute: 20 },
    ],
    ...fields,
  }) as HoldState;

const after = (burn: number, operation: string, fields: Partial<HoldState> = {}, live = 1) =>
  burnAfter(burn, { operation, hold: hold(fields) }, 'a', live);

test('what burns grows with each call of the wallet and shrinks with its end', () => {
  expect(after(0, 'authorize')).toBe(60);
  expect(after(60, 'authorize')).toBe(120);
  expect(after(120, 'capture', { closedAtMs: 1 })).toBe(60);
  expect(after(120, 'void', { closedAtMs: 1 })).toBe(60);
  expect(after(120, 'expire', { closedAtMs: 1 })).toBe(60);
});

test('what opens or ends no call leaves it as it is', () => {
  expect(after(120, 'extend')).toBe(120);
  expect(after(120, 'start')).toBe(120);
  expect(after(120, 'settle', { closedAtMs: 1 })).toBe(120);
  expect(after(120, 'expire')).toBe(120);
  expect(after(120, 'capture', { kind: 'amount', closedAtMs: 1 })).toBe(120);
  expect(burnAfter(120, { operation: 'charge', hold: null }, 'a', 1)).toBe(120);
});

test('without an open call nothing burns, whatever was counted', () => {
  expect(after(500, 'capture', { closedAtMs: 1 }, 0)).toBe(0);
  expect(after(10, 'capture', { closedAtMs: 1 }, 3)).toBe(0);
});
