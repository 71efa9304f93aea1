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
  /** The state after its last entry, packed as the ledger keeps it: equal bytes are an equal state. */
  readonly packed: Buffer;
  /** The same, unpacked on access; in quarantine if `quarantined` says so. */
  readonly state: WalletState;
  readonly quarantined: boolean;
}

/** A wallet at one of its sequences. */
export interface WalletAt {
  readonly walletId: string;
  readonly sequence: number;
}

export interface LedgerHold {
  readonly holdId: string;
  readonly hold: HoldState;
}

/**
 * Wallets whose state in Redis gives way to the ledger's, even where it is ahead: those of an open fork,
 * and those that an operator has released. Once for each record that says so.
 */
export interface Overruled {
  readonly walletIds: readonly string[];
  readonly records: readonly number[];
}

export interface RecoverySource {
  /** Runs `work` under the one recovery lock; others wait their turn. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** All partitions, those with open call holds first. */
  partitionsInOrder(count: number): Promise<number[]>;
  /** Raises the epoch of the partition's cursor, so that a batch read before is thrown away. */
  fence(partition: number): Promise<{ cursor: string; epoch: number }>;
  /** Postgres' clock, ms: one of the three that are asked which is right. */
  nowMs?(): Promise<number>;
  /**
   * Commits entries after the cursor and compares those at or before it with the stored rows.
   * Called with bounded pages, in order. Answers the cursor reached and the wallets that forked.
   */
  drain(
    partition: number,
    entries: readonly JournalItem[],
    epoch: number,
  ): Promise<{ cursor: string; forkedWallets: string[] }>;
  /** After the drain, which may have found forks. */
  overruled(partition: number): Promise<Overruled>;
  /**
   * Notes that the wallets of these records are restored.
   * @throws OutageError `recovering` when the epoch was raised since: by another recovery, or a release
   */
  restored(partition: number, epoch: number, records: readonly number[]): Promise<void>;
  /**
   * Puts wallets into quarantine in the ledger, because Redis is ahead of it.
   * @throws OutageError `recovering` when the epoch was raised since
   */
  quarantine(partition: number, epoch: number, walletIds: readonly string[]): Promise<void>;
  /**
   * Whether the ledger has these entries, oldest first, word by word. Answers the stream id of the newest
   * one that moved a wallet; undefined if one of them is not there or none moved any.
   */
  settled(partition: number, entries: readonly JournalItem[]): Promise<string | undefined>;
  /** About how many wallets these partitions have, told without counting: a choice of speed only. */
  estimateWallets(partitions: readonly number[]): Promise<number>;
  /** All wallets of the partition. */
  walletPages(partition: number, pageSize: number): AsyncIterable<LedgerWallet[]>;
  /** Those of the ids that are wallets of the partition. */
  walletsOf(partition: number, ids: readonly string[]): Promise<LedgerWallet[]>;
  openHolds(partition: number): AsyncIterable<LedgerHold>;
  /** Holds that ledger rows of each wallet after its `sequence` belong to, each hold once. */
  holdsTouchedAfter(wallets: readonly WalletAt[]): Promise<LedgerHold[]>;
}
