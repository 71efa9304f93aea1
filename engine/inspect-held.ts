// What each partition has in Redis, counted by one walk over the keys of its master.

import type { Redis } from 'ioredis';
import { keys } from './keys.ts';
import type { Member, Nodes } from './nodes/nodes.ts';
import { scanKeys } from './scan.ts';

export interface HeldKeys {
  /** Of every kind; a key that comes twice in the walk is counted twice. */
  readonly count: number;
  readonly walletIds: ReadonlySet<string>;
}

/** By partition; those that hold nothing are there with nothing. */
export async function heldKeys(
  nodes: Pick<Nodes<Member>, 'of'>,
  partitions: readonly number[],
): Promise<Map<number, HeldKeys>> {
  const held = new Map(
    partitions.map((p) => [p, { count: 0, walletIds: new Set<string>() }] as const),
  );
  const masters = new Set(partitions.map((p) => nodes.of(p).redis));
  const pattern = partitions.length === 1 ? keys.all(partitions[0] ?? 0) : keys.every;
  for (const redis of masters) await countOn(redis, pattern, held);
  return held;
}

async function countOn(
  redis: Redis,
  pattern: string,
  held: ReadonlyMap<number, { count: number; walletIds: Set<string> }>,
): Promise<void> {
  for await (const page of scanKeys(redis, pattern)) {
    for (const key of page) {
      const partition = keys.partitionIn(key);
      const own = partition === undefined ? undefined : held.get(partition);
      if (own === undefined) continue;
      own.count += 1;
      const wallet = keys.walletIn(key);
      if (wallet) own.walletIds.add(wallet.walletId);
    }
  }
}
