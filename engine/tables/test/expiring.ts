// Rows of expire: the sweeper's end of a hold that nobody ended.

import { callHoldId } from '../../ids.ts';
import { type Case, MAX, T0 } from './case.ts';
import { call, check, expire, reserve, SHORT, start, voided } from './commands.ts';

const lost = [{ flush: true }, { loseWallet: 'client' }] as const;
const holdA = callHoldId('org_tables', 'a');
const gone = { loseHold: holdA };

export const EXPIRING: readonly Case[] = [
  {
    name: 'expire before the ringing is over',
    before: [call('a'), { clockMs: 119_999 }],
    command: expire('a'),
    answer: { status: 'not_due', hold: { state: 'authorized' } },
  },
  {
    name: 'expire of a call that nobody answered and no provider knows',
    before: [call('a'), { clockMs: 120_000 }],
    command: expire('a'),
    answer: { status: 'done', entry: { hold: { state: 'expired', evidence: 1, usedMs: 0 } } },
    rows: [['client', 'hold_release', 0, -75_000, 0]],
  },
  {
    name: 'a provider call is never voided by time: it counts as live from the end of its ringing',
    before: [call('a', undefined, { hasProvider: true }), { clockMs: 130_000 }],
    command: expire('a'),
    answer: {
      status: 'done',
      entry: { hold: { state: 'live', startedAtMs: T0 + 120_000, estimated: true } },
    },
  },
  {
    name: 'a provider that became known after authorize counts: the call is not voided by time',
    before: [call('a'), { clockMs: 130_000 }],
    command: expire('a', true),
    answer: {
      status: 'done',
      entry: { hold: { state: 'live', estimated: true, hasProvider: true } },
    },
  },
  {
    name: 'nor is one that is live and silent',
    before: [call('a'), start('a'), { clockMs: 300_000 }],
    command: expire('a', true),
    answer: { status: 'not_due', hold: { state: 'live' } },
  },
  {
    name: 'a reported start replaces an estimated one',
    before: [call('a', undefined, { hasProvider: true }), { clockMs: 130_000 }, expire('a')],
    command: start('a', T0 + 5_000),
    answer: { status: 'done', entry: { hold: { startedAtMs: T0 + 5_000, estimated: false } } },
  },
  {
    name: 'a silent call is charged by the clock for what was paid ahead',
    before: [call('a'), start('a'), { clockMs: 300_000 }],
    command: expire('a'),
    answer: { status: 'done', entry: { hold: { usedMs: 75_000, estimated: true } } },
    rows: [['client', 'capture', -75_000, -75_000, 0]],
  },
  {
    name: 'a call that was seen lately is not silent',
    before: [call('a'), start('a'), { clockMs: 10_000 }, check('a'), { clockMs: 299_999 }],
    command: expire('a'),
    answer: { status: 'not_due', hold: { state: 'live' } },
  },
  {
    name: 'an amount hold at the end of its time to live',
    before: [reserve('a', 400, { ttlMs: 1_000 }), { clockMs: 1_000 }],
    command: expire('a'),
    answer: { status: 'done', entry: { hold: { state: 'expired', estimated: false } } },
    rows: [['client', 'hold_release', 0, -400, 0]],
  },
  {
    name: 'expire after the end',
    before: [call('a'), voided('a')],
    command: expire('a'),
    answer: { status: 'hold_closed', hold: { state: 'voided' } },
  },
  {
    name: 'expire of a hold that nobody has',
    before: [call('a'), gone],
    command: expire('a'),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'expire loads the wallet that left Redis',
    before: [call('a'), ...lost],
    command: expire('a'),
    answer: { status: 'not_due' },
    trace: ['wallet_not_loaded', 'not_due'],
  },
  {
    name: 'expire that would leave the range of money',
    before: [
      call('a', undefined, { policy: SHORT }),
      start('a'),
      { put: 'client', state: { postedMicros: -MAX } },
      { clockMs: 300_000 },
    ],
    command: expire('a'),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
];
