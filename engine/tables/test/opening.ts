// Rows of authorize: a call or an amount is opened.

import { FREE } from '../../price.ts';
import { PER_SECOND } from '../../test/world.ts';
import { type Case, MAX, RICH, T0 } from './case.ts';
import { call, capture, configure, key, reserve, SHORT } from './commands.ts';

const MINUTE = { ...PER_SECOND, initialMs: 60_000, subsequentMs: 60_000 };
const SIX = { ...PER_SECOND, initialMs: 6_000, subsequentMs: 6_000 };
const EXACT = { ...PER_SECOND, initialMs: 0, subsequentMs: 0 };
const FEE = { ...PER_SECOND, connectionFeeMicros: 5_000 };
const LEAST = { ...PER_SECOND, minimumMicros: 90_000 };
const client = (postedMicros: number) => ({ client: { postedMicros } });
const four = (postedMicros: number) => ({
  ...client(postedMicros),
  agency: { postedMicros },
  platform: { postedMicros },
  partner: { postedMicros },
});
const FOUR_LEGS = { client: SIX, agency: PER_SECOND, platform: FREE, partner: MINUTE };

export const OPENING: readonly Case[] = [
  {
    name: 'holds the first quantum and says what the wallet affords',
    command: call('a'),
    answer: {
      status: 'done',
      entry: { answer: [1_000_000], hold: { state: 'authorized', coveredMs: 75_000 } },
    },
    rows: [['client', 'hold', 0, 75_000, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'exactly the minimum is enough',
    wallets: client(60_000),
    command: call('a'),
    answer: { status: 'done', entry: { answer: [60_000], hold: { coveredMs: 60_000 } } },
    rows: [['client', 'hold', 0, 60_000, 0]],
  },
  {
    name: 'one micro short of the minimum is refused',
    wallets: client(59_999),
    command: call('a'),
    answer: {
      status: 'insufficient_funds',
      walletId: 'client',
      role: 'client',
      requiredMicros: 60_000,
      spendableMicros: 59_999,
      heldMicros: 0,
    },
  },
  {
    name: 'credit counts and a reserve does not: spendable decides',
    wallets: { client: { creditLimitMicros: 70_000, cutoffThresholdMicros: 10_000 } },
    command: call('a'),
    answer: { status: 'done', entry: { answer: [60_000] } },
    rows: [['client', 'hold', 0, 60_000, 0]],
  },
  {
    name: 'at 60/60 whole minutes are held',
    command: call('a', { client: MINUTE }),
    answer: { status: 'done', entry: { hold: { coveredMs: 120_000 } } },
    rows: [['client', 'hold', 0, 120_000, 0]],
  },
  {
    name: 'at 60/60 a second minute that cannot be paid is not held',
    wallets: client(119_999),
    command: call('a', { client: MINUTE }),
    answer: { status: 'done', entry: { answer: [60_000], hold: { coveredMs: 60_000 } } },
    rows: [['client', 'hold', 0, 60_000, 0]],
  },
  {
    name: 'exact increments are held to the millisecond',
    wallets: client(60_500),
    command: call('a', { client: EXACT }),
    answer: { status: 'done', entry: { answer: [60_500], hold: { coveredMs: 60_500 } } },
    rows: [['client', 'hold', 0, 60_500, 0]],
  },
  {
    name: 'the fee is part of what must be payable',
    wallets: client(64_999),
    command: call('a', { client: FEE }),
    answer: { status: 'insufficient_funds', requiredMicros: 65_000 },
  },
  {
    name: 'the least price is held when it is more than the time costs',
    wallets: client(90_000),
    command: call('a', { client: LEAST }),
    answer: { status: 'done', entry: { answer: [90_000], hold: { coveredMs: 90_000 } } },
    rows: [['client', 'hold', 0, 90_000, 0]],
  },
  {
    name: 'a cap that the provider cannot make shorter must be affordable',
    wallets: client(60_000),
    command: call('a', undefined, { policy: SHORT, capFloorMs: 61_000 }),
    answer: { status: 'insufficient_funds', requiredMicros: 61_000 },
  },
  {
    name: 'no more than the longest duration is held',
    command: call('a', undefined, { maxDurationMs: 10_000 }),
    answer: { status: 'done', entry: { hold: { coveredMs: 10_000 } } },
    rows: [['client', 'hold', 0, 10_000, 0]],
  },
  {
    name: 'four legs, one of them free: each by its own increments, the shortest cover counts',
    wallets: four(1_000_000),
    command: call('a', FOUR_LEGS),
    answer: { status: 'done', entry: { answer: [960_000], hold: { coveredMs: 75_000 } } },
    rows: [
      ['client', 'hold', 0, 78_000, 0],
      ['agency', 'hold', 0, 75_000, 0],
      ['platform', 'hold', 0, 0, 0],
      ['partner', 'hold', 0, 120_000, 0],
    ],
  },
  {
    name: 'four legs and the last is short: it is named and nothing is held',
    wallets: { ...four(1_000_000), partner: { postedMicros: 59_999 } },
    command: call('a', FOUR_LEGS),
    answer: { status: 'insufficient_funds', walletId: 'partner', role: 'agency' },
  },
  {
    name: 'a free call passes on an empty wallet and affords for ever',
    wallets: client(0),
    command: call('a', { client: FREE }),
    answer: { status: 'done', entry: { answer: [-1], hold: { coveredMs: 3_600_000 } } },
    rows: [['client', 'hold', 0, 0, 0]],
  },
  {
    name: 'a frozen wallet opens nothing',
    wallets: { client: { postedMicros: 1_000_000, frozen: true } },
    command: call('a'),
    answer: { status: 'wallet_frozen', walletId: 'client' },
  },
  {
    name: 'a wallet in quarantine opens nothing, whether it is frozen or not',
    wallets: { client: { postedMicros: 1_000_000 } },
    before: [configure({ frozen: true, quarantined: true }), configure({ frozen: false })],
    command: call('a'),
    answer: { status: 'wallet_frozen', walletId: 'client' },
  },
  {
    name: 'a wallet that an operator froze stays so when its quarantine is lifted',
    wallets: { client: { postedMicros: 1_000_000 } },
    before: [configure({ frozen: true, quarantined: true }), configure({ quarantined: false })],
    command: call('a'),
    answer: { status: 'wallet_frozen', walletId: 'client' },
  },
  {
    name: 'a wallet that was neither kept frozen nor in quarantine opens a hold again',
    wallets: { client: { postedMicros: 1_000_000 } },
    before: [
      configure({ frozen: true, quarantined: true }),
      configure({ quarantined: false }),
      configure({ frozen: false }),
    ],
    command: call('a'),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 75_000, 0]],
  },
  {
    name: 'while billing is off neither freeze nor cap counts',
    wallets: { client: { frozen: true, maxLiveCalls: 1, liveCalls: 1 } },
    command: call('a', { client: FREE }, { unbilled: true }),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 0, 0]],
  },
  {
    name: 'the cap on live calls is reached',
    wallets: { client: { postedMicros: 1_000_000, maxLiveCalls: 1 } },
    before: [call('first')],
    command: call('a'),
    answer: { status: 'too_many_live_calls', walletId: 'client', liveCalls: 1, maxLiveCalls: 1 },
  },
  {
    name: 'a freeze on the second leg goes before the cap on the first',
    wallets: { client: { maxLiveCalls: 1, liveCalls: 1 }, agency: { frozen: true } },
    command: call('a', { client: PER_SECOND, agency: PER_SECOND }),
    answer: { status: 'wallet_frozen', walletId: 'agency' },
  },
  {
    name: 'the same call again is the same answer',
    before: [call('a')],
    command: call('a'),
    answer: { status: 'done', replayed: true },
    trace: ['done', 'replayed'],
  },
  {
    name: 'the same call_id with another body is a conflict',
    before: [call('a')],
    command: call('a', { client: MINUTE }),
    answer: { status: 'idempotency_conflict' },
  },
  {
    name: 'another key meets the hold that is there',
    before: [call('a')],
    command: call('a', undefined, { request: key('other') }),
    answer: { status: 'hold_exists', hold: { state: 'authorized' } },
  },
  {
    name: 'a refusal under an explicit key is remembered after a top-up',
    wallets: client(0),
    before: [
      call('a', undefined, { request: key('once') }),
      { put: 'client', state: { postedMicros: 1_000_000 } },
    ],
    command: call('a', undefined, { request: key('once') }),
    answer: { status: 'insufficient_funds', replayed: true },
  },
  {
    name: 'a refusal under the call_id is decided afresh',
    wallets: client(0),
    before: [call('a'), { put: 'client', state: { postedMicros: 1_000_000 } }],
    command: call('a'),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 75_000, 0]],
  },
  {
    name: 'after a rebuild a call_id that the ledger knows is a replay',
    before: [
      call('a'),
      capture('a', 1_000),
      { flush: true },
      { loseAnswer: key('a', '', 'call') },
      { fence: { checkLedgerUntilMs: T0 + 1 } },
    ],
    command: call('a'),
    answer: { status: 'done', replayed: true },
    trace: ['ask_ledger'],
  },
  {
    name: 'once memory forgets, a call_id that the ledger does not know is new',
    before: [call('first'), { fence: { forgetsAtMs: T0 } }],
    command: call('a'),
    answer: { status: 'done' },
    rows: [['client', 'hold', 0, 75_000, 0]],
    trace: ['ask_ledger', 'done'],
  },
  {
    name: 'a hold that would leave the range of money is refused',
    before: [reserve('first', 1), { put: 'client', state: { creditLimitMicros: MAX } }],
    command: reserve('a', 1),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
  {
    name: 'an amount hold of all there is',
    wallets: client(MAX),
    command: reserve('a', MAX, { ttlMs: 1_000 }),
    answer: { status: 'done', entry: { answer: [-1], hold: { expiresAtMs: T0 + 1_000 } } },
    rows: [['client', 'hold', 0, MAX, 0]],
  },
  {
    name: 'an amount hold one micro above what there is',
    wallets: client(MAX - 1),
    command: reserve('a', MAX),
    answer: { status: 'insufficient_funds', requiredMicros: MAX, spendableMicros: MAX - 1 },
  },
  {
    name: 'a wallet that does not exist is not found',
    wallets: RICH,
    command: call('a', { nobody: PER_SECOND }),
    answer: { status: 'not_found' },
    trace: ['wallet_not_loaded'],
  },
];
