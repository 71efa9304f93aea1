/**
 * The canonical workload: what every measurement does, and how much of it. Printed above the
 * numbers, because a number without its workload says nothing.
 *
 *   wallets    prepaid by a credit limit, one organization, spread over all partitions
 *   calls      1/1 at 0.06 per minute, 75 s held ahead; authorized, checked a minute in, captured
 *   one hot    every operation on one wallet;  many: on all of them in turn
 *   stores     Redis AOF everysec, Postgres synchronous_commit on, flusher in its own process
 */
import type { HoldPolicy, Price } from '../engine/index.ts';

/** `smoke` only proves that everything still runs; its numbers mean nothing. */
export type Form = 'full' | 'quick' | 'smoke';

export interface Size {
  readonly rounds: number;
  /** Each round, flusher and API in a process of its own; false: one that has done its work does another's. */
  readonly freshProcesses: boolean;
  readonly wallets: number;
  readonly partitions: number;
  /** Organizations over HTTP, each with a wallet and a key. */
  readonly tenants: number;
  /** Calls of each script whose CPU is measured. */
  readonly scriptCalls: number;
  /** How long a load lasts whose throughput or latency is measured. */
  readonly seconds: number;
  /** In how many slices the sides of a comparison take turns: scripts, requests, ways to write a file. */
  readonly scriptSlices: number;
  readonly slices: number;
  /** Operations in flight: Redis at its ceiling. */
  readonly depth: number;
  /** Journal entries that a flusher is given at once. */
  readonly journalEntries: number;
  readonly outageSeconds: number;
  /** Charges meanwhile, of one row each. */
  readonly outagePerSecond: number;
  /** The ledger has caught up when it is behind by no more than this: by a usual batch, where figures count. */
  readonly caughtUpMs: number;
  /** Organizations of the compared design, beside the one hot one. */
  readonly organizations: number;
  /** Connections, each with one request in flight, of the compared design. */
  readonly connections: readonly number[];
  readonly memoryWallets: number;
  readonly memoryCalls: number;
  readonly liveCalls: number;
  /** How long the enforcer is watched without a call, and with them. Calls need a visit per `quantumMs`. */
  readonly idleSeconds: number;
  readonly enforcerSeconds: number;
  readonly quantumMs: number;
  /** Numbers of wallets, and of live holds on one wallet, that must not change the cost. */
  readonly sizeSteps: readonly number[];
  readonly holdSteps: readonly number[];
}

export const SIZES: Readonly<Record<Form, Size>> = {
  full: {
    rounds: 5,
    freshProcesses: true,
    wallets: 100_000,
    partitions: 64,
    tenants: 200,
    scriptCalls: 4_000,
    seconds: 3,
    scriptSlices: 16,
    slices: 4,
    depth: 256,
    journalEntries: 40_000,
    outageSeconds: 60,
    outagePerSecond: 2_000,
    caughtUpMs: 250,
    organizations: 10_000,
    connections: [1, 16, 64],
    memoryWallets: 1_000_000,
    memoryCalls: 100_000,
    liveCalls: 100_000,
    idleSeconds: 2,
    enforcerSeconds: 80,
    quantumMs: 75_000,
    sizeSteps: [1_000, 100_000, 1_000_000],
    holdSteps: [1, 1_000, 100_000],
  },
  quick: {
    rounds: 1,
    freshProcesses: true,
    wallets: 10_000,
    partitions: 16,
    tenants: 40,
    scriptCalls: 500,
    seconds: 0.6,
    scriptSlices: 16,
    slices: 4,
    depth: 256,
    journalEntries: 6_000,
    outageSeconds: 2,
    outagePerSecond: 2_000,
    caughtUpMs: 250,
    organizations: 1_000,
    connections: [1, 16, 64],
    memoryWallets: 10_000,
    memoryCalls: 3_000,
    liveCalls: 2_000,
    idleSeconds: 2,
    enforcerSeconds: 6,
    quantumMs: 5_000,
    sizeSteps: [1_000, 20_000],
    holdSteps: [1, 2_000],
  },
  smoke: {
    rounds: 1,
    freshProcesses: false,
    wallets: 100,
    partitions: 2,
    tenants: 4,
    scriptCalls: 20,
    seconds: 0.1,
    scriptSlices: 2,
    slices: 2,
    depth: 16,
    journalEntries: 200,
    outageSeconds: 0.2,
    outagePerSecond: 50,
    caughtUpMs: 5_000,
    organizations: 20,
    connections: [16, 64],
    memoryWallets: 200,
    memoryCalls: 100,
    liveCalls: 50,
    idleSeconds: 0.1,
    enforcerSeconds: 1,
    quantumMs: 1_000,
    sizeSteps: [10, 100],
    holdSteps: [1, 20],
  },
};

/** Shares of a load that mixes operations, in the order of a call's life. */
export const MIX = ['authorize', 'start', 'check', 'check', 'capture', 'charge'] as const;

export const CREDIT_LIMIT_MICROS = 1_000_000_000_000;
export const CHARGE_MICROS = 7_500;
export const TALK_MS = 61_000;

export const PRICE: Price = {
  rateMicrosPerMinute: 60_000,
  initialMs: 1_000,
  subsequentMs: 1_000,
  connectionFeeMicros: 0,
  minimumMicros: 0,
};

/** The platform's defaults (design, section 5). */
export const POLICY: HoldPolicy = {
  minimumMs: 60_000,
  quantumMs: 75_000,
  warnMs: 30_000,
  leadMs: 3_000,
  ringMs: 120_000,
  heartbeatMs: 300_000,
  endMessageMs: 0,
};

/** @param rounds in words, if they are not the form's own number */
export function workloadLines(form: Form, rounds = `${SIZES[form].rounds} rounds`): string[] {
  const size = SIZES[form];
  return [
    `${form}: ${rounds}, order alternated, fresh processes each; median [min-max]`,
    `${size.wallets} wallets with a credit limit over ${size.partitions} partitions, and one hot wallet`,
    `mix: ${MIX.join(', ')}; calls at 1/1, 75 s held ahead, one leg unless said`,
    `loads of ${size.seconds} s; closed loops of ${size.depth}; open loops at 25, 50, 75% of capacity`,
    'journal on, flusher in its own process, AOF everysec, synchronous_commit on',
  ];
}
