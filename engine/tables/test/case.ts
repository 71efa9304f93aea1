// The form of a table row: given wallets and what happened before, a command, its answer, its rows.

import type { PartitionState, WalletState } from '../../generated/layouts.ts';
import type { Command } from '../../model/command.ts';
import type { RequestKey } from '../../request-key.ts';

export const T0 = 1_800_000_000_000;
export const MAX = Number.MAX_SAFE_INTEGER;

/** wallet, kind, effect on posted, effect on held, shortfall: all in micros. */
export type Row = readonly [string, string, number, number, number];

/** What happened before: a command, time, or something done to Redis behind the engine's back. */
export type Before =
  | Command
  | { readonly clockMs: number }
  /** Everything so far reaches the ledger. */
  | { readonly flush: true }
  /** A hold leaves Redis (and the ledger has it only if it was flushed). */
  | { readonly loseHold: string }
  | { readonly loseWallet: string }
  /** The answer under this key leaves Redis. */
  | { readonly loseAnswer: RequestKey }
  /** A wallet gets figures that no command gives it. */
  | { readonly put: string; readonly state: Partial<WalletState> }
  | { readonly fence: Partial<PartitionState> };

export interface Case {
  readonly name: string;
  /** Known to the ledger, not yet in Redis; default one client with 1,000,000 micros. */
  readonly wallets?: Readonly<Record<string, Partial<WalletState>>>;
  readonly before?: readonly Before[];
  readonly command: Command;
  /** Another process was faster than the engine's look for the hold. */
  readonly blind?: boolean;
  /** The part of the answer that matters. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** The rows the command journals; default none. */
  readonly rows?: readonly Row[];
  /** Statuses of the command's own script, in order; default: not looked at. */
  readonly trace?: readonly string[];
}

export const RICH: Record<string, Partial<WalletState>> = { client: { postedMicros: 1_000_000 } };
