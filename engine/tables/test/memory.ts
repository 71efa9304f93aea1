// Rows of configure, load and unload: a wallet's limits, and its way into memory and out.

import { NEW_WALLET } from '../../model/state.ts';
import { PARTITION, PER_SECOND } from '../../test/world.ts';
import { type Case, MAX } from './case.ts';
import { call, capture, charge, configure, key, settle, unload } from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });

export const load = (loadEpoch: number) =>
  ({
    verb: 'load',
    partition: PARTITION,
    walletId: 'client',
    wallet: { ...NEW_WALLET, postedMicros: 5 },
    loadEpoch,
  }) as const;

const LIMITS: readonly Case[] = [
  {
    name: 'limits are set; what is not named stays',
    wallets: { client: { maxLiveCalls: 2, postedMicros: 5 } },
    command: configure({ creditLimitMicros: 7, frozen: true }),
    answer: {
      status: 'done',
      entry: { rows: [{ wallet: { creditLimitMicros: 7, frozen: true, maxLiveCalls: 2 } }] },
    },
    rows: [['client', 'configure', 0, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a raised reserve takes spendable under zero, with its shortfall',
    wallets: client(100),
    command: configure({ cutoffThresholdMicros: 130 }),
    answer: { status: 'done' },
    rows: [['client', 'configure', 0, 0, 30]],
  },
  {
    name: 'a limit that would leave the range of money',
    wallets: client(1),
    command: configure({ creditLimitMicros: MAX }),
    answer: { status: 'balance_out_of_range', walletId: 'client' },
  },
];

export const MEMORY: readonly Case[] = [
  ...LIMITS,
  {
    name: 'a wallet is loaded where there is none',
    command: load(0),
    answer: { status: 'loaded' },
  },
  {
    name: 'a load never overwrites',
    before: [charge(1)],
    command: load(0),
    answer: { status: 'present' },
  },
  {
    name: 'a load that was read before an unload is stale',
    before: [charge(1), { flush: true }, unload(1)],
    command: load(0),
    answer: { status: 'stale' },
  },
  {
    name: 'a wallet that the ledger knows whole is unloaded',
    before: [charge(1), { flush: true }],
    command: unload(1),
    answer: { status: 'unloaded' },
  },
  {
    name: 'a wallet ahead of the ledger is not',
    before: [charge(1)],
    command: unload(0),
    answer: { status: 'busy' },
  },
  {
    name: 'nor one with a call on it',
    before: [call('a'), { flush: true }],
    command: unload(1),
    answer: { status: 'busy' },
  },
  { name: 'nor one that is not there', command: unload(0), answer: { status: 'absent' } },
  {
    name: 'a wallet comes back as it went, and the key is looked up on the way',
    before: [charge(1), { flush: true }, unload(1)],
    command: charge(1, ['client'], { request: key('next') }),
    answer: { status: 'done' },
    rows: [['client', 'charge', -1, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'an ended call whose record comes late is settled on a loaded wallet',
    before: [call('a', { client: PER_SECOND }), capture('a', 1_000), { flush: true }, unload(2)],
    command: settle('a', 3_000, 4),
    answer: { status: 'done' },
    rows: [['client', 'adjustment', -2_000, 0, 0]],
    trace: ['wallet_not_loaded', 'done'],
  },
];
