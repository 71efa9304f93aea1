import { describe, expect, test } from 'vitest';
import type { Movement, PaymentFile, TopUp } from '../persistence/index.ts';
import { decide, stateOf } from './decide.ts';
import { isKnown, refundedMinor, undecidedOf } from './facts.ts';
import type { Said } from './said.ts';

const PI = 'pi_1';
const topUp: TopUp = {
  id: 'top_1',
  organizationId: 'org_1',
  walletId: 'wal_1',
  packageId: null,
  title: 'Prepaid credit',
  chargeMinor: 2500,
  chargeCurrency: 'usd',
  creditMicros: 25_000_000,
  bonusMicros: 2_500_001,
  saveCard: false,
  successUrl: '',
  cancelUrl: '',
  state: 'pending',
  checkoutSessionId: 'cs_1',
  checkoutUrl: null,
  paymentIntent: null,
  failureCode: null,
  receiptUrl: null,
  fingerprint: '',
  stripeAttempt: 0,
  origin: 'order',
  createdAt: new Date(0),
  paidAt: null,
};

const nobody = { paymentIntent: PI, topUpId: undefined, walletId: undefined };
const paid: Said = {
  paymentIntent: PI,
  topUpId: 'top_1',
  walletId: 'wal_1',
  received: { minor: 2500, currency: 'usd' },
};
const charged = (refunded: number): Said => ({ ...nobody, refundedMinor: refunded });
const refund = (id: string, amountMinor: number, failed = false): Said => ({
  ...nobody,
  refund: { id, amountMinor, failed, settled: true },
});
const dispute = (status: string, id = 'du_1', amountMinor = 2500, at = 1): Said => ({
  ...nobody,
  dispute: { id, amountMinor, status, at },
});
/** One dispute, a word a second. */
const words = (...statuses: string[]): Said[] =>
  statuses.map((status, i) => dispute(status, 'du_1', 2500, i + 1));

/** Hears one thing after another, as the store would have it; what is decided is done at once. */
function heard(said: readonly Said[], bought: TopUp = topUp) {
  let file: PaymentFile = {
    payment: {
      paymentIntent: PI,
      topUpId: null,
      accepted: false,
      refused: null,
      refundedMinor: 0,
      refunds: {},
      disputes: {},
      receiptUrl: null,
    },
    topUp: undefined,
    movements: [],
  };
  for (const one of said) {
    const known = file.payment.topUpId !== null || one.topUpId !== undefined;
    const { payment, movements } = decide({ ...file, topUp: known ? bought : undefined }, one);
    const made = movements.map((movement, i): Movement => {
      return { ...movement, paymentIntent: PI, ordinal: file.movements.length + i, done: true };
    });
    file = { payment, topUp: known ? bought : undefined, movements: [...file.movements, ...made] };
  }
  const balance = file.movements.reduce((sum, { amountMicros }) => sum + amountMicros, 0);
  return { file, balance, state: stateOf(file) };
}

/** A shuffle that the seed alone decides. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

describe('a payment', () => {
  test.each<[string, Said[], number, string | undefined]>([
    ['nothing is paid', [], 0, undefined],
    ['it is paid', [paid], 27_500_001, 'succeeded'],
    ['two fifths are given back', [paid, charged(1000)], 16_500_001, 'partly_refunded'],
    ['all of it, in two steps', [paid, charged(1000), charged(2500)], 0, 'refunded'],
    ['a refund fails', [paid, charged(1000), refund('re_1', 1000, true)], 27_500_001, 'succeeded'],
    ['an inquiry', [paid, dispute('warning_needs_response')], 27_500_001, 'succeeded'],
    ['a dispute is opened', [paid, dispute('needs_response')], 0, 'disputed'],
    ['and lost', [paid, dispute('needs_response'), dispute('lost')], 0, 'lost'],
    ['and won', [paid, dispute('needs_response'), dispute('won')], 27_500_001, 'won'],
    [
      'of less in the end',
      [paid, dispute('under_review'), dispute('lost', 'du_1', 1000, 2)],
      16_500_001,
      'lost',
    ],
    ['and appealed', [paid, ...words('lost', 'appeal_under_review')], 0, 'disputed'],
    ['and lost again', [paid, ...words('lost', 'appeal_under_review', 'lost')], 0, 'lost'],
    ['or won', [paid, ...words('lost', 'appeal_under_review', 'won')], 27_500_001, 'won'],
    ['of a part', [paid, charged(1000), dispute('lost', 'du_1', 1500)], 0, 'lost'],
  ])('%s', (_, said, balance, state) => {
    expect(heard(said)).toMatchObject({ balance, state });
  });

  test.each<[string, Said[]]>([
    [
      'a refund of two steps, one that failed',
      [
        paid,
        paid,
        charged(1000),
        refund('re_1', 1000),
        charged(1500),
        refund('re_2', 500),
        refund('re_1', 1000, true),
        charged(500),
      ],
    ],
    [
      'a dispute that is won after evidence',
      [
        paid,
        charged(500),
        refund('re_1', 500),
        dispute('needs_response'),
        dispute('under_review'),
        dispute('won'),
        dispute('won'),
      ],
    ],
    [
      'a dispute that is appealed and lost again',
      [paid, ...words('needs_response', 'lost', 'appeal_needs_response', 'lost'), charged(500)],
    ],
    [
      'an inquiry that becomes a dispute and is lost',
      [
        paid,
        dispute('warning_needs_response'),
        dispute('needs_response'),
        dispute('lost'),
        dispute('won', 'du_2', 300),
      ],
    ],
  ])('%s, shuffled 200 ways: one state', (_, said) => {
    const expected = heard(said);
    for (let seed = 1; seed <= 200; seed++) {
      const order = shuffled(said, seed);
      const { file, balance, state } = heard(order);
      expect({ balance, state }, `seed ${seed}`).toEqual({
        balance: expected.balance,
        state: expected.state,
      });
      expect(file.payment, `seed ${seed}`).toEqual(expected.file.payment);
    }
  });

  test.each<[string, Said[], boolean]>([
    [
      'a refund that is under way',
      [
        {
          ...refund('re_1', 100),
          refund: { id: 're_1', amountMinor: 100, failed: false, settled: false },
        },
      ],
      true,
    ],
    ['a refund that was made', [refund('re_1', 100)], false],
    ['a dispute that is open', [dispute('under_review')], true],
    ['a dispute that is lost', [dispute('needs_response'), dispute('lost')], false],
    ['and appealed', words('lost', 'appeal_needs_response'), true],
  ])('%s: whether Stripe is asked how it goes on', (_, said, undecided) => {
    const { refunds, disputes } = undecidedOf(heard([paid, ...said]).file.payment);
    expect(refunds.length + disputes.length > 0).toBe(undecided);
  });

  test('whether or not a failed refund lowers the figure of its charge, the rest is the same', () => {
    const lowered = [
      charged(1000),
      refund('re_1', 1000, true),
      charged(1500),
      refund('re_2', 1500),
    ];
    const kept = [charged(1000), refund('re_1', 1000, true), charged(2500)];
    for (const said of [lowered, kept]) {
      expect(refundedMinor(heard([paid, ...said]).file.payment)).toBe(1500);
    }
  });

  test.each<[string, Partial<Said>, Partial<TopUp>]>([
    ['wrong_amount', { received: { minor: 2499, currency: 'usd' } }, {}],
    ['wrong_currency', { received: { minor: 2500, currency: 'eur' } }, {}],
    ['wrong_wallet', { walletId: 'wal_2' }, {}],
    ['paid_twice', {}, { paymentIntent: 'pi_2' }],
  ])('%s: nothing is credited, until the right one comes', (reason, wrong, order) => {
    const bought = { ...topUp, ...order };
    const { file, balance } = heard([{ ...paid, ...wrong }, charged(500)], bought);
    expect(file.payment).toMatchObject({ accepted: false, refused: reason });
    expect(balance).toBe(0);
    if (reason === 'paid_twice') return;
    expect(heard([{ ...paid, ...wrong }, charged(500), paid]).balance).toBe(22_000_001);
  });

  test.each<[string, Said, boolean]>([
    ['the same refund', refund('re_1', 1000), true],
    ['that it failed', refund('re_1', 1000, true), false],
    ['another', refund('re_2', 1000), false],
    ['that it was paid', paid, true],
    ['less given back', charged(500), true],
    ['more given back', charged(1500), false],
    ['how a dispute is by now', dispute('under_review', 'du_1', 2500, 9), false],
    ['that its page is over', { ...paid, received: undefined, ended: 'expired' }, false],
  ])('of a payment that was told before, %s is known: %s', (_, said, known) => {
    const { file } = heard([paid, charged(1000), refund('re_1', 1000), dispute('under_review')]);
    expect(isKnown(file.payment, said)).toBe(known);
  });

  test('facts that are older than the movements give nothing back', () => {
    const { file } = heard([paid, charged(1000), charged(2500)]);
    const older = { ...file.payment, refundedMinor: 0 };
    const told = (said: Said) => decide({ ...file, payment: older }, said).movements;
    expect(told(dispute('needs_response', 'du_1', 500))).toEqual([]);
    expect(told(refund('re_0', 100, true))).toEqual([]);
    expect(told(charged(2500))).toEqual([]);
  });

  test('parts of an odd bonus never add up to more than the whole', () => {
    const steps = Array.from({ length: 25 }, (_, i) => charged((i + 1) * 100));
    const { file, balance } = heard([paid, ...steps]);
    expect(balance).toBe(0);
    expect(file.movements).toHaveLength(2 + 2 * 25);
  });
});
