/** What is measured, and on how much. */

export interface GateOptions {
  /** In Postgres. */
  readonly wallets: number;
  /** Open while the gate is shut. */
  readonly liveCalls: number;
  /** Partitions that the live calls are on, of all. */
  readonly livePartitions: number;
  /** In Redis when it is killed and comes back with them. */
  readonly loaded: number;
}

export const PARTITIONS = 64;

export const DEFAULTS: GateOptions = {
  wallets: 1_000_000,
  liveCalls: 1_000,
  livePartitions: 16,
  loaded: 1_000_000,
};

/** How long a partition with live calls may be shut, and how long any, with a million wallets. */
export const LIVE_SHUT_MS_MAX = 5_000;
export const ALL_SHUT_MS_MAX = 30_000;

/** Told of how far the command is. */
export type Show = (done: number, total: number, text: string) => void;
