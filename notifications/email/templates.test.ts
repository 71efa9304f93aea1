import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../catalogue.ts';
import { letterOf } from './templates.ts';

const AT = new Date('2026-11-28T12:00:00Z');
const context = {
  wallet: 'Voice',
  organization: 'Acme',
  amount: (micros: number, currency: string) => `${Math.abs(micros) / 1e6} ${currency}`,
  leftOut: 0,
};

test('a letter says what happened, to what, with figures a person reads', () => {
  const data = { wallet_id: 'wal_1', currency: 'usd', available_micros: -2_500_000 };
  const { subject, text } = letterOf('wallet.depleted', data, AT, context);
  expect(subject).toBe('Nothing left to spend: Voice');
  expect(text).toBe(`Nothing is left to spend: 0 or less.

  For:       Acme
  Wallet:    Voice
  Available: -2.5 usd
  Wallet id: wal_1
  When:      2026-11-28T12:00:00.000Z
  Event:     wallet.depleted
`);
});

test('a link is whole, however long, and its amount is money', () => {
  const url = `https://checkout.stripe.com/c/pay/cs_1#${'f'.repeat(900)}`;
  const data = { wallet_id: 'wal_1', currency: 'usd', amount_micros: 25_000_000, url };
  const { subject, text } = letterOf('auto_recharge.action_required', data, AT, context);
  expect(subject).toBe('Please confirm a recharge: Voice');
  expect(text).toMatch(/Amount: +25 usd\n/);
  expect(text).toContain(`${url}\n`);
});

describe('every type', () => {
  test.each(EVENT_TYPES)('%s has a subject and a text', (type) => {
    const { subject, text } = letterOf(type, {}, AT, { ...context, wallet: undefined });
    expect(subject).not.toMatch(/undefined|[\r\n]/);
    expect(text).toContain(`Event:`);
  });
});

test('what others wrote stays on its line', () => {
  const data = { reason: 'x\r\n  Available:  1000000 usd' };
  const { text } = letterOf('payment.refused', data, AT, { ...context, organization: 'A\nB' });
  expect(text.split('\n').filter((line) => line.startsWith('  Available:'))).toEqual([]);
  expect(text).toContain('For:    A B');
});
