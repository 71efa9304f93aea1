// Every Redis key of the engine. The partition is the hash tag, so all keys of a script share a slot.

import { hash } from 'node:crypto';

const PREFIX = 'rf:';

export const keys = {
  /** Fence and clock of the partition. */
  partition: (p: number): string => `${PREFIX}{${p}}:p`,
  /** `master_replid` of the master that the partition was recovered on. */
  master: (p: number): string => `${PREFIX}{${p}}:master`,
  wallet: (p: number, walletId: string): string => `${PREFIX}{${p}}:w:${walletId}`,
  /** A pattern of the wallets of all partitions. */
  anyWallet: `${PREFIX}{*}:w:*`,
  /** Whose key it is; undefined for a key of anything else. */
  walletIn(key: string): { partition: number; walletId: string } | undefined {
    const [, partition, walletId] = /^rf:\{(\d+)\}:w:(.+)$/.exec(key) ?? [];
    return walletId === undefined ? undefined : { partition: Number(partition), walletId };
  },
  hold: (p: number, holdId: string): string => `${PREFIX}{${p}}:h:${holdId}`,
  /** Next moment (ms) each live hold, or wallet to re-arm, needs attention. */
  due: (p: number): string => `${PREFIX}{${p}}:due`,
  /** The wallet's final calls by covered time (ms). */
  final: (p: number, walletId: string): string => `${PREFIX}{${p}}:f:${walletId}`,
  journal: (p: number): string => `${PREFIX}{${p}}:journal`,
  /** Stream id up to which Postgres has committed. */
  committed: (p: number): string => `${PREFIX}{${p}}:committed`,
  /** The stored answer of an idempotent request; the key's text is hashed to a fixed length. */
  request: (p: number, scope: string, kind: string, key: string): string =>
    `${PREFIX}{${p}}:i:${scope}:${shortHash(`${kind}\n${key}`)}`,
  /** Stands in where a script takes a request key and the caller has none. */
  noRequest: (p: number): string => `${PREFIX}{${p}}:i:-`,
  refund: (p: number, entryId: string): string => `${PREFIX}{${p}}:r:${entryId}`,
  /** A pattern that every key of the partition matches, and no other. */
  all: (p: number): string => `${PREFIX}{${p}}:*`,
  /** A pattern of every key of every partition. */
  every: `${PREFIX}{*}:*`,
  /** Whose key it is; undefined for a key that is none of ours. */
  partitionIn(key: string): number | undefined {
    const [, partition] = /^rf:\{(\d+)\}:/.exec(key) ?? [];
    return partition === undefined ? undefined : Number(partition);
  },
} as const;

function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
