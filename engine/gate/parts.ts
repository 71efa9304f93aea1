// What the steps of a recovery share.

import type { Redis } from 'ioredis';
import { OutageError } from '../errors.ts';
import type { LedgerSource } from '../ledger-source.ts';
import type { RecoverySource } from '../recovery-source.ts';
import type { HeldWallets } from './held-wallets.ts';
import type { Master } from './master.ts';

export interface RecoveryParts {
  readonly redis: Redis;
  readonly master: Master;
  /** Which master this was when it was looked at. */
  readonly masterId: string;
  readonly ledger: LedgerSource;
  readonly recovery: RecoverySource;
  readonly hotRecordsMs: number;
  /** What Redis holds, if that is known; else all wallets of the ledger are looked for there. */
  readonly held: HeldWallets | undefined;
}

/** Another recovery has taken over: this one must not write any more. */
export function refuseStale(reply: { readonly status: string }): void {
  if (reply.status === 'stale') throw new OutageError('recovering');
}
