// Rows of charge, credit and transfer: money without a hold.

import { type Case, MAX, T0 } from './case.ts';
import { call, capture, charge, credit, key, ref, settle } from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });
const PAYMENT = key('pi', 'body', 'payment_intent');
const lost = [{ flush: true }, { loseWallet: 'client' }] as const;
/** A fence that a recovery has just opened again. */
const REBUILT = { fence: { checkLedgerUntilMs: T0 + 1 } } as const;
const refund = (amountMicros: number, name = 'refund', refunds = 'ent_m00') =>
  credit('refund', amountMicros, { request: key(name), refunds, memo: { refunds } });
const CHARGE: readonly Case[] = [
  {
    name: 'a charge of all there is',
    command: charge(1_000_000),
    answer: { status: 'done' },
    rows: [['client', 'charge', -1_000_000, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a charge one micro above it',
    command: charge(1_000_001),
    answer: { status: 'insufficient_funds', spendableMicros: 1_000_000 },
  },
  {
    name: 'an asset is bought with the last money that is there',
    wallets: { client: { postedMicros: 10, creditLimitMicros: 100 } },
    command: charge(10, ['client'], { overdraft: false }),
    answer: { status: 'done' },
    rows: [['client', 'charge', -10, 0, 0]],
  },
  {
    name: 'an asset is not bought on credit',
    wallets: { client: { postedMicros: 10, creditLimitMicros: 100 } },
    command: charge(11, ['client'], { overdraft: false }),
    answer: { status: 'insufficient_funds', spendableMicros: 10 },
  },
  {
    name: 'an asset leaves the reserve alone',
    wallets: { client: { postedMicros: 100, cutoffThresholdMicros: 90 } },
    command: charge(11, ['client'], { overdraft: false }),
    answer: { status: 'insufficient_funds', spendableMicros: 10 },
  },
  {
    name: 'all wallets are charged or none',
    wallets: { ...client(100), other: { postedMicros: 10 } },
    command: charge(11, ['client', 'other']),
    answer: { status: 'insufficient_funds', walletId: 'other', role: 'other' },
  },
  {
    name: 'two wallets are charged at once',
    wallets: { ...client(100), other: { postedMicros: 11 } },
    command: charge(11, ['client', 'other']),
    answer: { status: 'done' },
    rows: [
      ['client', 'charge', -11, 0, 0],
      ['other', 'charge', -11, 0, 0],
    ],
  },
  {
    name: 'nothing costs nothing, below the floor too',
    wallets: client(-5),
    command: charge(0),
    answer: { status: 'done' },
    rows: [['client', 'charge', 0, 0, 0]],
  },
  {
    name: 'a frozen wallet is not charged',
    wallets: { client: { postedMicros: 100, frozen: true } },
    command: charge(1),
    answer: { status: 'wallet_frozen' },
  },
  {
    name: 'while billing is off a frozen wallet is passed',
    wallets: { client: { frozen: true } },
    command: charge(0, ['client'], { unbilled: true }),
    answer: { status: 'done' },
    rows: [['client', 'charge', 0, 0, 0]],
  },
  {
    name: 'a shortage on the second leg goes before the range of the first',
    wallets: { client: { postedMicros: MAX }, other: { postedMicros: -1 } },
    before: [
      charge(0, ['client', 'other'], { request: key('first') }),
      { put: 'client', state: { postedMicros: -MAX, heldMicros: -MAX, creditLimitMicros: 1 } },
    ],
    command: charge(1, ['client', 'other']),
    answer: { status: 'insufficient_funds', walletId: 'other' },
  },
  {
    name: 'a charge that would leave the range of money',
    before: [
      charge(0, ['client'], { request: key('first') }),
      { put: 'client', state: { postedMicros: -MAX, heldMicros: -MAX } },
    ],
    command: charge(0),
    answer: { status: 'done' },
    rows: [['client', 'charge', 0, 0, 0]],
  },
  {
    name: 'a charge one micro further is out of range',
    before: [
      charge(0, ['client'], { request: key('first') }),
      { put: 'client', state: { postedMicros: -MAX, heldMicros: -MAX, creditLimitMicros: 1 } },
    ],
    command: charge(1),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
  {
    name: 'a charge again under its key',
    before: [charge(1)],
    command: charge(1),
    answer: { status: 'done', replayed: true },
  },
  {
    name: 'another charge under its key',
    before: [charge(1)],
    command: charge(2),
    answer: { status: 'idempotency_conflict' },
  },
  {
    name: 'a charge under a key that a rebuilt Redis does not know',
    before: [charge(1, ['client'], { request: key('first') }), REBUILT],
    command: charge(1),
    answer: { status: 'done' },
    rows: [['client', 'charge', -1, 0, 0]],
    trace: ['ask_ledger', 'done'],
  },
  {
    name: 'a charge of a wallet that is not loaded asks the ledger for it and about its key at once',
    before: [REBUILT],
    command: charge(1),
    answer: { status: 'done' },
    rows: [['client', 'charge', -1, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a charge that the ledger knows, of a wallet that is not loaded',
    before: [charge(1), ...lost, { loseAnswer: key('charge') }],
    command: charge(1),
    answer: { status: 'done', replayed: true },
    trace: ['wallet_not_loaded'],
  },
];

const CREDIT: readonly Case[] = [
  {
    name: 'a deposit up to 2^53-1',
    wallets: client(1),
    command: credit('deposit', MAX - 1),
    answer: { status: 'done' },
    rows: [['client', 'deposit', MAX - 1, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a deposit beyond it',
    wallets: client(1),
    command: credit('deposit', MAX),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
  {
    name: 'a deposit that would be beyond it once holds end or credit counts',
    wallets: { client: { creditLimitMicros: 1 } },
    command: credit('deposit', MAX),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
  {
    name: 'a dispute goes under the floor, with its shortfall',
    wallets: client(100),
    command: credit('dispute', -150),
    answer: { status: 'done' },
    rows: [['client', 'dispute', -150, 0, 50]],
  },
  {
    name: 'a frozen wallet can be credited',
    wallets: { client: { frozen: true } },
    command: credit('bonus', 1),
    answer: { status: 'done' },
    rows: [['client', 'bonus', 1, 0, 0]],
  },
  {
    name: 'a refund of the whole charge',
    before: [charge(300), { flush: true }],
    command: refund(300),
    answer: { status: 'done' },
    rows: [['client', 'refund', 300, 0, 0]],
  },
  {
    name: 'refunds together are never more than the charge',
    before: [charge(300), { flush: true }, refund(200, 'first')],
    command: refund(101),
    answer: { status: 'refund_exceeds_charge', refundableMicros: 100 },
  },
  {
    name: 'a refund of a call that is over, and was settled, of what is left',
    before: [call('a'), capture('a', 60_000), { flush: true }, settle('a', 10_000, 3)],
    command: refund(10_000, 'refund', 'ent_m10'),
    answer: { status: 'done', entry: { hold: { legs: [{ refundedMicros: 10_000 }] } } },
    rows: [['client', 'refund', 10_000, 0, 0]],
  },
  {
    name: 'a refund of a call that is more than is left after it was settled',
    before: [call('a'), capture('a', 60_000), { flush: true }, settle('a', 10_000, 3)],
    command: refund(10_001, 'refund', 'ent_m10'),
    answer: { status: 'refund_exceeds_charge', refundableMicros: 10_000 },
  },
  {
    name: 'a refund of a call whose hold Redis has forgotten',
    before: [call('a'), capture('a', 60_000), { flush: true }, { loseHold: ref('a').holdId }],
    command: refund(60_000, 'refund', 'ent_m10'),
    answer: { status: 'done' },
    rows: [['client', 'refund', 60_000, 0, 0]],
    trace: ['hold_not_found', 'done'],
  },
  {
    name: 'a refund of an entry that is not in the ledger yet',
    before: [charge(300)],
    command: refund(300),
    answer: { status: 'entry_not_in_ledger' },
    trace: [],
  },
  {
    name: 'only a charge or a capture can be refunded',
    before: [credit('deposit', 5), { flush: true }],
    command: refund(5),
    answer: { status: 'invalid_request' },
    trace: [],
  },
  {
    name: 'a payment is credited once, however often it is told',
    before: [credit('deposit', 5, { request: PAYMENT })],
    command: credit('deposit', 5, { request: PAYMENT }),
    answer: { status: 'done', replayed: true },
  },
  {
    name: 'a payment that Redis has forgotten is known to the ledger for ever',
    before: [
      credit('deposit', 5, { request: PAYMENT }),
      { flush: true },
      { loseAnswer: PAYMENT },
      { fence: { forgetsAtMs: T0 } },
    ],
    command: credit('deposit', 5, { request: PAYMENT }),
    answer: { status: 'done', replayed: true },
    trace: ['ask_ledger'],
  },
  {
    name: 'another body under its key',
    before: [credit('bonus', 1)],
    command: credit('bonus', 2),
    answer: { status: 'idempotency_conflict' },
  },
];

export const MOVING: readonly Case[] = [...CHARGE, ...CREDIT];
