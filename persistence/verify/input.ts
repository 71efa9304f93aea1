/** What a verification is given, and how it tells how far it is. */
import type { KeyObject } from 'node:crypto';
import type { Journal, WalletState } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import type { Published } from '../digest.ts';
import type { VerifyFilter } from './read-page.ts';
import type { Trusted } from './starts.ts';

export interface VerifyInput extends VerifyFilter {
  sql: Sql;
  chainKey: KeyObject;
  /** Left out: only Postgres is checked. */
  redis?: {
    /** Wallets that Redis holds now; it need not hold all. Told of those that cannot be read. */
    peekWallets(
      partition: number,
      ids: readonly string[],
      unreadable: (id: string) => void,
    ): Promise<Map<string, WalletState>>;
    journal: Pick<Journal, 'range'>;
  };
  /** What was written outside the database; left out: digests are compared with the ledger alone. */
  published?: Published;
  /** How many checks run at a time, each on one connection; default 2. */
  parallel?: number;
  /** Told after each page. */
  progress?: (sofar: VerifyProgress) => void;
}

export interface VerifyProgress {
  wallets: number;
  entries: number;
  /** Wallets that Redis held and that were compared with it. */
  inRedis: number;
  /** Holds and keys of requests that were compared with the ledger. */
  witnesses: number;
  /** Rows there are to replay, as counted at the start; more may come while it runs. */
  entriesInAll: number;
  trusted: Trusted;
}

/** A part of the verification, on one connection at a time. */
export interface Task {
  input: VerifyInput;
  progress: VerifyProgress;
}

/** What a page reads belongs to one moment. */
export const ONE_MOMENT = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Rows, keys or holds read at once. */
export const PAGE = 1_000;

export function concerns({ walletIds }: VerifyFilter, walletId: string): boolean {
  return walletIds === undefined || walletIds.includes(walletId);
}
