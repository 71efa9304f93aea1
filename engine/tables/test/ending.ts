// Rows of capture and void: a hold ends once.

import { callHoldId } from '../../ids.ts';
import { FREE } from '../../price.ts';
import { PER_SECOND } from '../../test/world.ts';
import { type Before, type Case, MAX, T0 } from './case.ts';
import { call, capture, configure, key, reserve, voided } from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });
const lost = [{ flush: true }, { loseWallet: 'client' }] as const;
const holdA = callHoldId('org_tables', 'a');
const gone = { loseHold: holdA };
const rebuilt = { fence: { checkLedgerUntilMs: T0 + 1 } };
const done = (verb: string) => key(`${verb} a`);
/** Ended under a key, committed, and the answer lost in a rebuild. */
const endedAndRebuilt = (verb: string): Before[] => [
  { flush: true },
  { loseAnswer: done(verb) },
  rebuilt,
];

const CAPTURE: readonly Case[] = [
  {
    name: 'capture takes what was used and gives the rest back',
    before: [call('a')],
    command: capture('a', 59_200),
    answer: { status: 'done', entry: { hold: { state: 'captured', usedMs: 59_200 } } },
    rows: [['client', 'capture', -60_000, -75_000, 0]],
  },
  {
    name: 'an unanswered call costs nothing, fee and minimum included',
    before: [call('a', { client: { ...PER_SECOND, connectionFeeMicros: 5, minimumMicros: 9 } })],
    command: capture('a', 0, { outcome: 'no_answer' }),
    answer: { status: 'done', entry: { hold: { outcome: 'no_answer' } } },
    rows: [['client', 'capture', 0, -75_005, 0]],
  },
  {
    name: 'what exceeds the money is taken all the same, with its shortfall',
    wallets: client(80_000),
    before: [call('a')],
    command: capture('a', 100_000),
    answer: { status: 'done', entry: { hold: { legs: [{ shortfallMicros: 20_000 }] } } },
    rows: [['client', 'capture', -100_000, -75_000, 20_000]],
  },
  {
    name: 'only what goes deeper under the floor is a new shortfall',
    wallets: client(80_000),
    before: [call('a'), configure({ cutoffThresholdMicros: 50_000 })],
    command: capture('a', 40_000),
    answer: { status: 'done' },
    rows: [['client', 'capture', -40_000, -75_000, 0]],
  },
  {
    name: 'both legs are captured or none',
    wallets: { ...client(1_000_000), agency: { postedMicros: 1_000_000 } },
    before: [
      call('a', { client: PER_SECOND, agency: FREE }),
      { put: 'agency', state: { postedMicros: MAX, heldMicros: -1 } },
    ],
    command: capture('a', 1_000),
    answer: { status: 'balance_out_of_range', walletId: 'agency' },
  },
  {
    name: 'an amount hold is captured above what was held',
    wallets: client(1_000),
    before: [reserve('a', 400)],
    command: capture('a', 500, { evidence: 4 }),
    answer: { status: 'done', entry: { hold: { evidence: 4 } } },
    rows: [['client', 'capture', -500, -400, 0]],
  },
  {
    name: 'an amount hold is captured one millisecond before its time is over',
    before: [reserve('a', 400, { ttlMs: 1_000 }), { clockMs: 999 }],
    command: capture('a', 400),
    answer: { status: 'done' },
    rows: [['client', 'capture', -400, -400, 0]],
  },
  {
    name: 'at the end of its time nothing is taken, and the entry is not the effect of the key',
    before: [reserve('a', 400, { ttlMs: 1_000 }), { clockMs: 1_000 }],
    command: capture('a', 400, { request: done('capture') }),
    answer: { status: 'hold_closed', hold: { state: 'expired', evidence: 1 } },
    rows: [['client', 'hold_release', 0, -400, 0]],
  },
  {
    name: 'that refusal is remembered, before a rebuild as after it',
    before: [
      reserve('a', 400, { ttlMs: 1_000 }),
      { clockMs: 1_000 },
      capture('a', 400, { request: done('capture') }),
      { flush: true },
      { loseAnswer: done('capture') },
      { fence: { checkLedgerUntilMs: T0 + 2_000 } },
    ],
    command: capture('a', 400, { request: done('capture') }),
    answer: { status: 'hold_closed', hold: { state: 'expired' } },
    trace: ['ask_ledger', 'hold_closed'],
  },
  {
    name: 'the loser of a race is told who won',
    before: [call('a'), voided('a')],
    command: capture('a', 1_000),
    answer: { status: 'hold_closed', hold: { state: 'voided' } },
  },
  {
    name: 'capture again under its key',
    before: [call('a'), capture('a', 1_000, { request: done('capture') })],
    command: capture('a', 1_000, { request: done('capture') }),
    answer: { status: 'done', replayed: true },
  },
  {
    name: 'after a rebuild too the key of an ended hold gets its first answer',
    before: [
      call('a'),
      capture('a', 1_000, { request: done('capture') }),
      ...endedAndRebuilt('capture'),
    ],
    command: capture('a', 1_000, { request: done('capture') }),
    answer: { status: 'done', replayed: true },
    trace: ['ask_ledger'],
  },
  {
    name: 'capture with another body under its key',
    before: [call('a'), capture('a', 1_000, { request: done('capture') })],
    command: capture('a', 2_000, { request: key('capture a', 'other') }),
    answer: { status: 'idempotency_conflict' },
  },
  {
    name: 'capture of a hold that nobody has',
    before: [call('a'), gone],
    command: capture('a', 1_000),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'capture loads the wallet that left Redis',
    before: [call('a'), ...lost],
    command: capture('a', 1_000),
    answer: { status: 'done' },
    rows: [['client', 'capture', -1_000, -75_000, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
];

const VOID: readonly Case[] = [
  {
    name: 'void gives everything back',
    before: [call('a')],
    command: voided('a'),
    answer: { status: 'done', entry: { hold: { state: 'voided', evidence: 2 } } },
    rows: [['client', 'hold_release', 0, -75_000, 0]],
  },
  {
    name: 'void after the capture is told so',
    before: [call('a'), capture('a', 1_000)],
    command: voided('a'),
    answer: { status: 'hold_closed', hold: { state: 'captured' } },
  },
  {
    name: 'void again under its key',
    before: [call('a'), voided('a', done('void'))],
    command: voided('a', done('void')),
    answer: { status: 'done', replayed: true },
  },
  {
    name: 'void after a rebuild under its key',
    before: [call('a'), voided('a', done('void')), ...endedAndRebuilt('void')],
    command: voided('a', done('void')),
    answer: { status: 'done', replayed: true },
    trace: ['ask_ledger'],
  },
  {
    name: 'void under the key of another body',
    before: [call('a'), voided('a', done('void'))],
    command: voided('a', key('void a', 'other')),
    answer: { status: 'idempotency_conflict' },
  },
  {
    name: 'void of a hold that nobody has',
    before: [call('a'), gone],
    command: voided('a'),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'void loads the wallet that left Redis',
    before: [call('a'), ...lost],
    command: voided('a'),
    answer: { status: 'done' },
    rows: [['client', 'hold_release', 0, -75_000, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
];

export const ENDING: readonly Case[] = [...CAPTURE, ...VOID];
