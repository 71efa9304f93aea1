// What the recovery gate asks of Postgres. Persistence implements it.

import type { HoldState, WalletState } from './generated/layouts.ts';

export interface JournalItem {
  /** Stream id, `<ms>-<n>`. */
  readonly id: string;
  readonly payload: Buffer;
}

export interface LedgerWallet {
  readonly walletId: string;
  readonly sequence: number;
  readonly state: WalletState;
  readonly quarantined: boolean;
}

export interface LedgerHold {
  readonly holdId: string;
  readonly hold: HoldState;
}

export interface RecoverySource {
  /** Runs `work` under the one recovery lock; others wait their turn. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** All partitions, those with open call holds first. */
  partitionsInOrder(count: number): Promise<number[]>;
  /** Raises the epoch of the partition's cursor, so that a batch read before is thrown away. */
  fence(partition: number): Promise<{ cursor: string; epoch: number }>;
  /**
   * Commits entries after the cursor and compares those at or before it with the stored rows.
   * Called with bounded pages, in order. Answers the cursor reached and the wallets whose content differs.
   */
  drain(
    partition: number,
    entries: readonly JournalItem[],
    epoch: number,
  ): Promise<{ cursor: string; forkedWallets: string[] }>;
  walletPages(partition: number, pageSize: number): AsyncIterable<LedgerWallet[]>;
  openHolds(partition: number): AsyncIterable<LedgerHold>;
  /** Holds that ledger rows of this wallet after `sequence` belong to. */
  holdsTouchedAfter(walletId: string, sequence: number): Promise<LedgerHold[]>;
}
