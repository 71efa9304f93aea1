// Rows of record: a call is charged without having been opened.

import { PER_SECOND } from '../../test/world.ts';
import { type Case, MAX } from './case.ts';
import { call, record, ref } from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });

export const RECORDING: readonly Case[] = [
  {
    name: 'record charges a call without a hold, however short the money',
    wallets: client(10_000),
    command: record('a', 30_000),
    answer: { status: 'done', entry: { hold: { state: 'captured', usedMs: 30_000 } } },
    rows: [['client', 'capture', -30_000, 0, 20_000]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'record asks the ledger about the call whatever Redis has',
    before: [call('b')],
    command: record('a', 30_000),
    answer: { status: 'done' },
    rows: [['client', 'capture', -30_000, 0, 0]],
    trace: ['ask_ledger', 'done'],
  },
  {
    name: 'record meets the hold that another process opened a moment before',
    before: [call('a')],
    command: record('a', 30_000),
    blind: true,
    answer: { status: 'hold_exists', hold: { state: 'authorized' } },
    trace: ['hold_exists'],
  },
  {
    name: 'a recorded call can be neither authorized nor recorded again, wherever it is known',
    before: [record('a', 1_000), { flush: true }, { loseHold: ref('a').holdId }],
    command: record('a', 2_000),
    answer: { status: 'hold_exists', hold: { usedMs: 1_000 } },
    trace: [],
  },
  {
    name: 'a record that would leave the range of money is refused whole',
    wallets: { client: { postedMicros: 0 }, agency: { postedMicros: -MAX } },
    command: record('a', 1_000, { client: PER_SECOND, agency: PER_SECOND }),
    answer: { status: 'balance_out_of_range', walletId: 'agency' },
  },
];
