// Which wallets Redis holds, when that is the shorter list: after a wipe, or where most wallets are cold.
//
// A wallet that Redis does not hold needs no comparing: it loads from the ledger on demand. So either
// Redis is asked for the ledger's wallets, page by page, or the ledger for Redis' own.

import type { Redis } from 'ioredis';
import { keys } from '../keys.ts';
import type { LedgerWallet, RecoverySource } from '../recovery-source.ts';

/** By partition, the ids of the wallets that a master holds. */
export type HeldWallets = ReadonlyMap<number, readonly string[]>;

/** Keys that are looked through, at most: some seconds of a Redis that serves nobody meanwhile. */
const SCANNED_MAX = 4_000_000;
const SCAN_STEP = 1_000;

/**
 * Call it once the fences of all these partitions are shut: from then on nobody brings a wallet there.
 * @returns undefined when there are fewer wallets in the ledger than keys in Redis
 */
export async function findHeldWallets(
  redis: Redis,
  partitions: readonly number[],
  recovery: Pick<RecoverySource, 'estimateWallets'>,
): Promise<HeldWallets | undefined> {
  const size = await redis.dbsize();
  if (size > SCANNED_MAX || size > (await recovery.estimateWallets(partitions))) return undefined;
  const held = new Map<number, Set<string>>(partitions.map((p) => [p, new Set<string>()]));
  let cursor = '0';
  do {
    const [next, names] = await redis.scan(cursor, 'MATCH', keys.anyWallet, 'COUNT', SCAN_STEP);
    for (const name of names) {
      const wallet = keys.walletIn(name);
      // The same key may come twice.
      if (wallet) held.get(wallet.partition)?.add(wallet.walletId);
    }
    cursor = next;
  } while (cursor !== '0');
  return new Map([...held].map(([partition, ids]) => [partition, [...ids]]));
}

/** The ledger's wallets that Redis may hold. */
export async function* walletsToCompare(
  recovery: RecoverySource,
  partition: number,
  held: HeldWallets | undefined,
  pageSize: number,
): AsyncGenerator<LedgerWallet[]> {
  if (!held) {
    yield* recovery.walletPages(partition, pageSize);
    return;
  }
  const ids = held.get(partition) ?? [];
  for (let i = 0; i < ids.length; i += pageSize) {
    yield await recovery.walletsOf(partition, ids.slice(i, i + pageSize));
  }
}
