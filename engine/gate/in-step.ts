// How a wallet in Redis stands to the ledger.

import type { WalletState } from '../generated/layouts.ts';
import type { LedgerWallet } from '../recovery-source.ts';

/**
 * Fields that a mutation writes, and it alone. `finalCalls` and the time until which the ledger is
 * asked change without one.
 */
const WRITTEN = [
  'postedMicros',
  'heldMicros',
  'creditLimitMicros',
  'cutoffThresholdMicros',
  'frozen',
  'liveCalls',
  'maxLiveCalls',
  'lowBalanceThresholdMicros',
  'quarantined',
] as const satisfies readonly (keyof WalletState)[];

/**
 * `apart`: another sequence, or in quarantine on one side alone. `differs`: the same sequence and other
 * content, which no order of mutations explains; the ledger counts.
 * @param packed what Redis has, and `current` the same unpacked
 */
export function standOf(
  ledger: LedgerWallet,
  packed: Buffer,
  current: WalletState,
): 'in step' | 'apart' | 'differs' {
  if (current.sequence !== ledger.sequence) return 'apart';
  if (current.quarantined !== ledger.quarantined) return 'apart';
  if (packed.equals(ledger.packed)) return 'in step';
  const { state } = ledger;
  return WRITTEN.every((field) => current[field] === state[field]) ? 'in step' : 'differs';
}
