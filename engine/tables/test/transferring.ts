// Rows of transfer: money between two wallets of a partition.

import { type Case, MAX, T0 } from './case.ts';
import { charge, transfer } from './commands.ts';

const client = (postedMicros: number) => ({ client: { postedMicros } });
const pair = (postedMicros: number) => ({ ...client(postedMicros), other: {} });
const lost = [{ flush: true }, { loseWallet: 'client' }] as const;
/** A fence that a recovery has just opened again. */
const REBUILT = { fence: { checkLedgerUntilMs: T0 + 1 } } as const;

export const TRANSFERRING: readonly Case[] = [
  {
    name: 'a transfer of all there is',
    wallets: pair(1_000),
    command: transfer(1_000),
    answer: { status: 'done' },
    rows: [
      ['client', 'transfer', -1_000, 0, 0],
      ['other', 'transfer', 1_000, 0, 0],
    ],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a transfer of one micro more',
    wallets: pair(1_000),
    command: transfer(1_001),
    answer: { status: 'insufficient_funds', walletId: 'client', role: 'from' },
  },
  {
    name: 'a transfer out of a frozen wallet',
    wallets: { client: { postedMicros: 1_000, frozen: true }, other: {} },
    command: transfer(1),
    answer: { status: 'wallet_frozen', walletId: 'client' },
  },
  {
    name: 'a transfer to a wallet that is full',
    wallets: { ...client(1), other: { postedMicros: MAX } },
    command: transfer(1),
    answer: { status: 'balance_out_of_range', walletId: 'other' },
  },
  {
    name: 'a transfer again under its key',
    wallets: pair(10),
    before: [transfer(1)],
    command: transfer(1),
    answer: { status: 'done', replayed: true },
  },
  {
    name: 'another transfer under its key',
    wallets: pair(10),
    before: [transfer(1)],
    command: transfer(2),
    answer: { status: 'idempotency_conflict' },
  },
  {
    name: 'a transfer under a key that a loaded wallet may have seen',
    wallets: pair(10),
    before: [charge(1), ...lost],
    command: transfer(1),
    answer: { status: 'done' },
    rows: [
      ['client', 'transfer', -1, 0, 0],
      ['other', 'transfer', 1, 0, 0],
    ],
    trace: ['wallet_not_loaded', 'done'],
  },
  {
    name: 'a transfer under a key that a rebuilt Redis does not know',
    wallets: pair(10),
    before: [charge(1, ['client', 'other']), REBUILT],
    command: transfer(1),
    answer: { status: 'done' },
    rows: [
      ['client', 'transfer', -1, 0, 0],
      ['other', 'transfer', 1, 0, 0],
    ],
    trace: ['ask_ledger', 'done'],
  },
];
