// Rows of extend and settle: an open hold gets larger, a closed one is corrected.

import { callHoldId } from '../../ids.ts';
import { type Case, MAX, T0 } from './case.ts';
import { call, capture, configure, credit, extend, reserve, settle, voided } from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });
const lost = [{ flush: true }, { loseWallet: 'client' }] as const;
const holdA = callHoldId('org_tables', 'a');
const gone = { loseHold: holdA };

const EXTEND: readonly Case[] = [
  {
    name: 'extend adds to an amount hold, to the last micro',
    wallets: client(1_000),
    before: [reserve('a', 400)],
    command: extend('a', 600),
    answer: { status: 'done', entry: { hold: { legs: [{ heldMicros: 1_000 }], revision: 2 } } },
    rows: [['client', 'hold', 0, 600, 0]],
  },
  {
    name: 'extend by one micro more than there is',
    wallets: client(1_000),
    before: [reserve('a', 400)],
    command: extend('a', 601),
    answer: { status: 'insufficient_funds', requiredMicros: 601, spendableMicros: 600 },
  },
  {
    name: 'extend on a frozen wallet',
    before: [reserve('a', 400), configure({ frozen: true })],
    command: extend('a', 1),
    answer: { status: 'wallet_frozen', walletId: 'client' },
  },
  {
    name: 'extend again under the same key',
    before: [reserve('a', 400), extend('a', 100)],
    command: extend('a', 100),
    answer: { status: 'done', replayed: true },
  },
  {
    name: 'extend by another amount under the same key',
    before: [reserve('a', 400), extend('a', 100)],
    command: extend('a', 101),
    answer: { status: 'idempotency_conflict' },
  },
  {
    name: 'extend one millisecond before the time to live is over',
    before: [reserve('a', 400, { ttlMs: 1_000 }), { clockMs: 999 }],
    command: extend('a', 1),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 1, 0]],
  },
  {
    name: 'extend at the end of the time to live, though no sweeper has come by',
    before: [reserve('a', 400, { ttlMs: 1_000 }), { clockMs: 1_000 }],
    command: extend('a', 1),
    answer: { status: 'hold_closed', hold: { state: 'expired' } },
  },
  {
    name: 'extend of a closed hold is refused, and so is its retry',
    before: [reserve('a', 400), voided('a'), extend('a', 1)],
    command: extend('a', 1),
    answer: { status: 'hold_closed', replayed: true },
  },
  {
    name: 'extend of a hold that nobody has',
    before: [reserve('a', 400), gone],
    command: extend('a', 1),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'extend loads the wallet, and asks the ledger about the key at once',
    before: [reserve('a', 400), ...lost],
    command: extend('a', 1),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 1, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'extend under a key that a rebuilt Redis does not know',
    before: [reserve('a', 400), { fence: { checkLedgerUntilMs: T0 + 1 } }],
    command: extend('a', 1),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 1, 0]],
    trace: ['ask_ledger', 'done'],
  },
  {
    name: 'extend that would leave the range of money',
    before: [reserve('a', 400), { put: 'client', state: { creditLimitMicros: MAX } }],
    command: extend('a', 1),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
];

/** A minute of a call, taken and in the ledger. */
const TAKEN = [call('a'), capture('a', 60_000), { flush: true }] as const;
const refund = (amountMicros: number) =>
  credit('refund', amountMicros, { refunds: 'ent_m10', memo: { refunds: 'ent_m10' } });

const SETTLE: readonly Case[] = [
  {
    name: 'settle takes the difference from stronger evidence',
    before: [call('a'), capture('a', 30_000)],
    command: settle('a', 45_000, 3),
    answer: { status: 'done', entry: { hold: { usedMs: 45_000, evidence: 3 } } },
    rows: [['client', 'adjustment', -15_000, 0, 0]],
  },
  {
    name: 'settle gives back',
    before: [call('a'), capture('a', 30_000)],
    command: settle('a', 20_000, 4),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', 10_000, 0, 0]],
  },
  {
    name: 'settle of the same use notes the evidence in a row and moves nothing',
    before: [call('a'), capture('a', 30_000)],
    command: settle('a', 30_000, 4),
    answer: { status: 'done', entry: { hold: { evidence: 4 } } },
    rows: [['client', 'adjustment', 0, 0, 0]],
  },
  {
    name: 'settle takes a call back that was voided, below the floor if need be',
    wallets: client(75_000),
    before: [call('a'), voided('a')],
    command: settle('a', 80_000, 3),
    answer: { status: 'done', entry: { hold: { state: 'captured' } } },
    rows: [['client', 'adjustment', -80_000, 0, 5_000]],
  },
  {
    name: 'settle after a refund of all gives nothing back a second time',
    before: [...TAKEN, refund(60_000)],
    command: settle('a', 10_000, 3),
    answer: {
      status: 'done',
      entry: { hold: { legs: [{ capturedMicros: 10_000, refundedMicros: 60_000 }] } },
    },
    rows: [['client', 'adjustment', 0, 0, 0]],
  },
  {
    name: 'settle after a refund of a part gives back what is left above the new price',
    before: [...TAKEN, refund(20_000)],
    command: settle('a', 30_000, 3),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', 30_000, 0, 0]],
  },
  {
    name: 'settle upwards after a refund takes the rest and leaves the refund given',
    before: [...TAKEN, refund(60_000)],
    command: settle('a', 100_000, 3),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', -40_000, 0, 0]],
  },
  {
    name: 'settle down and up again after a refund ends where it would have ended at once',
    before: [...TAKEN, refund(60_000), settle('a', 10_000, 3)],
    command: settle('a', 100_000, 4),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', -40_000, 0, 0]],
  },
  {
    name: 'equal evidence never overrides',
    before: [call('a'), capture('a', 30_000)],
    command: settle('a', 20_000, 2),
    answer: { status: 'unchanged', hold: { usedMs: 30_000 } },
  },
  {
    name: 'an open hold is not settled',
    before: [call('a')],
    command: settle('a', 20_000, 4),
    answer: { status: 'hold_open' },
  },
  {
    name: 'settle of a hold that nobody has',
    before: [call('a'), gone],
    command: settle('a', 1_000, 4),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'settle loads the wallet that left Redis',
    before: [call('a'), capture('a', 0), ...lost],
    command: settle('a', 1_000, 4),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', -1_000, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'settle as far as a wallet of 2^53-1 could pay',
    before: [reserve('a', 400), capture('a', 400)],
    command: settle('a', MAX, 4),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', -(MAX - 400), 0, MAX - 1_000_000]],
  },
  {
    name: 'settle one micro further is out of range',
    wallets: client(400),
    before: [
      reserve('a', 400),
      capture('a', 400),
      { put: 'client', state: { postedMicros: -401 } },
    ],
    command: settle('a', MAX, 4),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
];

export const EXTENDING: readonly Case[] = [...EXTEND, ...SETTLE];
