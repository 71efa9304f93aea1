// Wallets that Redis has further than the ledger, with the whole journal drained: by entries that nobody
// has any more, or that wait in quarantine. What they have was acknowledged, and this may be the last
// copy of it, so it stays as it is and takes no new holds and charges until an operator has decided.

import type { WalletState } from '../generated/layouts.ts';
import type { LedgerWallet, RecoverySource } from '../recovery-source.ts';
import type { FinalCalls } from './final-calls.ts';
import type { Item, Items } from './items.ts';

export interface Ahead {
  /** What Redis has to be given for these, each with its state there: at most the freeze. */
  keep(wallets: readonly (readonly [LedgerWallet, WalletState])[]): Promise<Item[]>;
  /** Those that were not in quarantine before. */
  found(): readonly string[];
}

export function createAhead(
  recovery: Pick<RecoverySource, 'quarantine'>,
  partition: number,
  epoch: number,
  items: Items,
  finals: FinalCalls,
): Ahead {
  const found: string[] = [];
  return {
    async keep(wallets) {
      const news = wallets
        .filter(([ledger, redis]) => !ledger.quarantined || !redis.quarantined)
        .map(([{ walletId }]) => walletId);
      // The ledger first: one that Redis loses after this must not load as if nothing had been.
      if (news.length > 0) await recovery.quarantine(partition, epoch, news);
      found.push(...news);
      // Not all of its calls are in the ledger, so they are not counted from there.
      for (const [{ walletId }] of wallets) finals.leave(walletId);
      return wallets
        .filter(([, redis]) => !redis.quarantined)
        .map(([{ walletId }, redis]) => items.wallet(walletId, { ...redis, quarantined: true }));
    },
    found: () => found,
  };
}
