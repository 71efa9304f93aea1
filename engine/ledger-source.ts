// What the engine asks of Postgres while it runs. Persistence implements it; all reads go to the primary.

import type { HoldState, WalletState } from './generated/layouts.ts';

export interface CommittedRequest {
  readonly fingerprint: string;
  /** The raw journal entry, as the script packed it. */
  readonly payload: Buffer;
}

export interface CommittedEntry {
  readonly walletId: string;
  readonly kind: string;
  /** Signed effect on posted. What is left of a capture is in its hold. */
  readonly amountMicros: number;
  /** Sum of the committed refunds of this entry. */
  readonly refundedMicros: number;
  /** The hold that it captured; empty for a charge. */
  readonly holdId: string;
}

export interface LedgerSource {
  /** Wallets as of the committed cursor; ids that do not exist are left out. */
  wallets(ids: readonly string[]): Promise<Map<string, WalletState>>;
  hold(holdId: string): Promise<HoldState | undefined>;
  /** Lookups of one tick may be batched into one query. */
  request(kind: string, scope: string, key: string): Promise<CommittedRequest | undefined>;
  entry(entryId: string): Promise<CommittedEntry | undefined>;
}
