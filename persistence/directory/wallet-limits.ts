/** What a new wallet starts with. */
import { micros, type WalletState } from '../../engine/index.ts';

/** Limits in micros; absent means 0, and for `maxLiveCalls` and the low balance 0 means none. */
export interface WalletLimits {
  creditLimitMicros?: number | undefined;
  cutoffThresholdMicros?: number | undefined;
  lowBalanceThresholdMicros?: number | undefined;
  maxLiveCalls?: number | undefined;
}

/** The state before the first mutation: no money, no history, these limits. */
export function initialWalletState(limits: WalletLimits, nowMs: number): WalletState {
  return {
    postedMicros: micros(0),
    heldMicros: micros(0),
    creditLimitMicros: micros(limits.creditLimitMicros ?? 0),
    cutoffThresholdMicros: micros(limits.cutoffThresholdMicros ?? 0),
    lowBalanceThresholdMicros: micros(limits.lowBalanceThresholdMicros ?? 0),
    maxLiveCalls: limits.maxLiveCalls ?? 0,
    sequence: 0,
    frozen: false,
    quarantined: false,
    liveCalls: 0,
    finalCalls: 0,
    checkLedgerUntilMs: 0,
    updatedAtMs: nowMs,
  };
}
