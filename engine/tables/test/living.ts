// Rows of start, check, due and finals: a call lives, is kept ahead of the clock, and runs out of money.

import { callHoldId } from '../../ids.ts';
import { FREE } from '../../price.ts';
import { PER_SECOND } from '../../test/world.ts';
import { type Case, T0 } from './case.ts';
import {
  call,
  capture,
  check,
  configure,
  credit,
  due,
  finals,
  ref,
  SHORT,
  start,
  voided,
} from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });
const lost = [{ flush: true }, { loseWallet: 'client' }] as const;
const holdA = callHoldId('org_tables', 'a');
/** A live call that money for 100 s ran short for after a minute. */
const runDry = [call('a'), start('a'), { clockMs: 60_000 }, check('a')] as const;

export const LIVING: readonly Case[] = [
  {
    name: 'start runs the clock and moves no money',
    before: [call('a')],
    command: start('a'),
    answer: { status: 'done', entry: { hold: { state: 'live', startedAtMs: T0, revision: 2 } } },
  },
  {
    name: 'a start in the future is now, one in the past is believed',
    before: [call('a')],
    command: start('a', T0 + 60_000),
    answer: { status: 'done', entry: { hold: { startedAtMs: T0 } } },
  },
  {
    name: 'a start is never longer ago than the longest call',
    before: [call('a')],
    command: start('a', T0 - 86_400_000),
    answer: { status: 'done', entry: { hold: { startedAtMs: T0 - 43_200_000 } } },
  },
  {
    name: 'a second start changes nothing',
    before: [call('a'), start('a'), { clockMs: 1_000 }],
    command: start('a'),
    answer: { status: 'already_started', hold: { startedAtMs: T0 } },
  },
  {
    name: 'a start after the end is told what became of the call',
    before: [call('a'), voided('a')],
    command: start('a'),
    answer: { status: 'hold_closed', hold: { state: 'voided' } },
  },
  {
    name: 'a start of a call that Redis lost and the ledger never had',
    before: [call('a'), { loseHold: holdA }],
    command: start('a'),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'a start loads the wallet that left Redis',
    before: [call('a'), ...lost],
    command: start('a'),
    answer: { status: 'done' },
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a call paid for its whole length is final from its start, with its end known',
    before: [call('a', undefined, { maxDurationMs: 10_000 })],
    command: start('a'),
    answer: {
      entry: { hold: { finalReason: 'max_duration', cutoffAtMs: T0 + 10_000 } },
    },
  },
  {
    name: 'ringing is not extended, however long',
    before: [call('a'), { clockMs: 60_000 }],
    command: check('a', 0, false),
    answer: { status: 'ringing', availableMicros: 925_000, hold: { startedAtMs: 0 } },
  },
  {
    name: 'any proof of life starts the clock, back by what it knows to have elapsed',
    before: [call('a'), { clockMs: 60_000 }],
    command: check('a', 40_000),
    answer: { status: 'extended', hold: { state: 'live', startedAtMs: T0 + 20_000 } },
    rows: [['client', 'hold', 0, 40_000, 0]],
  },
  {
    name: 'a check keeps a quantum ahead of the clock',
    before: [call('a'), start('a'), { clockMs: 60_000 }],
    command: check('a'),
    answer: { status: 'extended', hold: { coveredMs: 135_000, finalReason: '' } },
    rows: [['client', 'hold', 0, 60_000, 0]],
  },
  {
    name: 'a check at once has nothing to do',
    before: [call('a'), start('a')],
    command: check('a', 0, false),
    answer: { status: 'covered', hold: { coveredMs: 75_000, revision: 2 } },
  },
  {
    name: 'money for part of a quantum is granted and the call is final, cut off its lead before',
    wallets: client(100_500),
    before: [call('a'), start('a'), { clockMs: 60_000 }],
    command: check('a'),
    answer: {
      status: 'extended',
      availableMicros: 500,
      hold: { coveredMs: 100_000, finalReason: 'insufficient_funds', cutoffAtMs: T0 + 97_000 },
    },
    rows: [['client', 'hold', 0, 25_000, 0]],
  },
  {
    name: 'two calls share scarce money',
    wallets: client(14_000),
    before: [
      call('a', undefined, { policy: SHORT }),
      call('b', undefined, { policy: SHORT }),
      start('a'),
      start('b'),
      { clockMs: 5_000 },
    ],
    command: check('a'),
    answer: { status: 'extended', hold: { coveredMs: 7_000, finalReason: '' } },
    rows: [['client', 'hold', 0, 2_000, 0]],
  },
  {
    name: 'frozen mid-call it goes on only as far as it is paid',
    before: [call('a'), start('a'), configure({ frozen: true }), { clockMs: 60_000 }],
    command: check('a'),
    answer: {
      status: 'extended',
      hold: { coveredMs: 75_000, finalReason: 'wallet_frozen', cutoffAtMs: T0 + 72_000 },
    },
  },
  {
    name: 'a free leg beside a paid one is never short',
    wallets: { ...client(0), agency: { postedMicros: 80_000 } },
    before: [call('a', { client: FREE, agency: PER_SECOND }), start('a'), { clockMs: 60_000 }],
    command: check('a'),
    answer: { hold: { coveredMs: 80_000, finalReason: 'insufficient_funds' } },
    rows: [['agency', 'hold', 0, 5_000, 0]],
  },
  {
    name: 'a longer talk than the clock knows moves the start back',
    before: [call('a'), start('a'), { clockMs: 10_000 }],
    command: check('a', 30_000),
    answer: { status: 'extended', hold: { startedAtMs: T0 - 20_000, coveredMs: 105_000 } },
    rows: [['client', 'hold', 0, 30_000, 0]],
  },
  {
    name: 'time does not go back for a check',
    before: [call('a'), start('a'), { clockMs: 60_000 }, check('a'), { clockMs: -50_000 }],
    command: check('a'),
    answer: { status: 'covered', nowMs: T0 + 60_000 },
  },
  {
    name: 'a check after the end is told what became of the call',
    before: [call('a'), capture('a', 1_000)],
    command: check('a'),
    answer: { status: 'hold_closed', hold: { state: 'captured' } },
  },
  {
    name: 'a check of a call that nobody has',
    before: [call('a'), { loseHold: holdA }],
    command: check('a'),
    answer: { status: 'hold_not_found' },
    trace: ['hold_not_found'],
  },
  {
    name: 'a check loads the wallet that left Redis',
    before: [call('a'), start('a'), ...lost],
    command: check('a'),
    answer: { status: 'covered' },
    trace: ['wallet_not_loaded', 'covered'],
  },
  {
    name: 'the enforcer leases whose moment has come, earliest first',
    before: [call('a'), call('b'), start('b'), { clockMs: 120_000 }],
    command: due(1),
    answer: { status: 'members', members: [ref('b').holdId], nextMs: T0 + 120_000 },
  },
  {
    name: 'nobody is due before the moment',
    before: [call('a'), { clockMs: 119_999 }],
    command: due(),
    answer: { status: 'members', members: [], nextMs: T0 + 120_000 },
  },
  {
    name: 'a call that has just become final is due at once',
    wallets: client(100_000),
    before: runDry,
    command: due(),
    answer: { status: 'members', members: [holdA] },
  },
  {
    name: 'a top-up wakes the wallet of a final call',
    wallets: client(100_000),
    before: [...runDry, check('a'), credit('deposit', 1)],
    command: due(),
    answer: { status: 'members', members: ['client'] },
  },
  {
    name: 'a thaw wakes it as well',
    before: [
      call('a'),
      start('a'),
      configure({ frozen: true }),
      { clockMs: 60_000 },
      check('a'),
      check('a'),
      configure({ frozen: false }),
    ],
    command: due(),
    answer: { status: 'members', members: ['client'] },
  },
  {
    name: 'the final calls of a wallet are named, and it leaves the due set',
    wallets: client(100_000),
    before: runDry,
    command: finals(),
    answer: { status: 'members', members: [holdA] },
  },
];
