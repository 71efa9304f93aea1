// The model's world: what one partition of Redis and its ledger hold, as plain values.

import type { HoldState, JournalEntry, PartitionState, WalletState } from '../generated/layouts.ts';
import type { Answer } from './answer.ts';

/** How long answers and ended holds stay in Redis once they are in the ledger. */
export const HOT_RECORDS_MS = 72 * 3_600_000;

/** The answer a key was given, with the fingerprint of the body it was given for. */
export interface StoredAnswer {
  readonly fingerprint: string;
  readonly answer: Answer;
}

export interface RefundCount {
  readonly refundableMicros: number;
  readonly refundedMicros: number;
}

/** What Postgres holds: the wallets that exist, and the first `committed` entries of the journal. */
export interface ModelLedger {
  readonly wallets: ReadonlyMap<string, WalletState>;
  readonly committed: number;
}

/** One moment of the world. Nothing in it is ever changed in place. */
export interface ModelState {
  /** Fence, horizon and clock; `testNowMs` is the wall clock, which may go back. */
  readonly partition: PartitionState;
  /** Only those that Redis holds; the others load from the ledger. */
  readonly wallets: ReadonlyMap<string, WalletState>;
  readonly holds: ReadonlyMap<string, HoldState>;
  /** Next moment (ms) by hold id, or by wallet id when final calls are to be extended again. */
  readonly due: ReadonlyMap<string, number>;
  /** Final holds of each wallet, with the time (ms) they are paid until. */
  readonly finals: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly answers: ReadonlyMap<string, StoredAnswer>;
  readonly refunds: ReadonlyMap<string, RefundCount>;
  /** Every mutation so far, oldest first. */
  readonly journal: readonly JournalEntry[];
  readonly ledger: ModelLedger;
}

/** A copy whose containers one command may change; the values in them stay shared. */
export interface Draft {
  partition: PartitionState;
  readonly wallets: Map<string, WalletState>;
  readonly holds: Map<string, HoldState>;
  readonly due: Map<string, number>;
  readonly finals: Map<string, ReadonlyMap<string, number>>;
  readonly answers: Map<string, StoredAnswer>;
  readonly refunds: Map<string, RefundCount>;
  readonly journal: JournalEntry[];
  ledger: ModelLedger;
}

export function draftOf(state: ModelState): Draft {
  return {
    partition: state.partition,
    wallets: new Map(state.wallets),
    holds: new Map(state.holds),
    due: new Map(state.due),
    finals: new Map(state.finals),
    answers: new Map(state.answers),
    refunds: new Map(state.refunds),
    journal: [...state.journal],
    ledger: state.ledger,
  };
}

/** A wallet as it is made: empty, without limits. */
export const NEW_WALLET: WalletState = {
  postedMicros: 0,
  heldMicros: 0,
  creditLimitMicros: 0,
  cutoffThresholdMicros: 0,
  sequence: 0,
  frozen: false,
  liveCalls: 0,
  maxLiveCalls: 0,
  lowBalanceThresholdMicros: 0,
  finalCalls: 0,
  checkLedgerUntilMs: 0,
  updatedAtMs: 0,
  quarantined: false,
};

/** An open partition at `nowMs` whose wallets are in the ledger and not yet in Redis. */
export function newModelState(
  nowMs: number,
  wallets: ReadonlyMap<string, WalletState>,
): ModelState {
  return {
    partition: {
      open: true,
      epoch: 1,
      nowMs,
      forgetsAtMs: nowMs + HOT_RECORDS_MS,
      checkLedgerUntilMs: 0,
      loadEpoch: 0,
      testNowMs: nowMs,
      clockShiftMs: 0,
      trustedUntilMs: 0,
    },
    wallets: new Map(),
    holds: new Map(),
    due: new Map(),
    finals: new Map(),
    answers: new Map(),
    refunds: new Map(),
    journal: [],
    ledger: { wallets, committed: 0 },
  };
}
