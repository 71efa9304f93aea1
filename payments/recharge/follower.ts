/** Follows the ledger: marks the recharges whose wallets crossed their threshold, with the entry itself. */
import { spendableOf } from '../../engine/index.ts';
import {
  type BatchFollower,
  type Crossing,
  type FollowedBatch,
  noteCrossings,
  type Transaction,
} from '../../persistence/index.ts';

export function createRechargeFollower(): BatchFollower {
  return { name: 'auto-recharge', follow };
}

async function follow(tx: Transaction, { taken }: FollowedBatch): Promise<void> {
  const last = new Map<string, Crossing>();
  for (const { entry } of taken) {
    for (const { walletId, wallet } of entry.rows) {
      last.set(walletId, { walletId, spendableMicros: spendableOf(wallet), atMs: entry.atMs });
    }
  }
  if (last.size > 0) await noteCrossings(tx, [...last.values()]);
}
