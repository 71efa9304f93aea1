/** What a rebuild would do, found out without doing any of it. */
import {
  type PartitionImage,
  readPartitionImages,
  readUnflushed,
  type Unflushed,
} from '../../persistence/index.ts';
import type { CommandStores } from '../stores.ts';
import { type Loss, type Stand, standOf } from './look.ts';
import type { Scope } from './scope.ts';

export interface PartitionPlan extends Stand {
  readonly partition: number;
  readonly wallets: readonly string[] | undefined;
  /** What the ledger has of it. */
  readonly image: PartitionImage;
  /** Keys in Redis; undefined when only some wallets are to be rebuilt. */
  readonly keys: number | undefined;
  readonly unflushed: Unflushed;
}

/** Partitions with live calls come first, in every list and in the work. */
export async function planOf(
  stores: CommandStores,
  { partitions, walletsIn }: Scope,
  progress: (done: number) => void,
): Promise<PartitionPlan[]> {
  const { sql, redis } = stores;
  if (redis.absent.length > 0) {
    throw new Error(`masters of Redis do not answer: ${redis.absent.join(', ')}`);
  }
  const images = await readPartitionImages(sql, partitions);
  const whole = partitions.filter((partition) => walletsIn(partition) === undefined);
  const held = whole.length > 0 ? await redis.held(whole) : new Map();
  const plans: PartitionPlan[] = [];
  for (const partition of partitions) {
    const wallets = walletsIn(partition);
    const image = images.get(partition) ?? { wallets: 0, openHolds: 0, openCalls: 0 };
    const stand = await standOf(stores, partition, wallets, held.get(partition));
    const unflushed = await readUnflushed(sql, redis.journal, partition);
    plans.push({
      ...stand,
      partition,
      wallets,
      image,
      keys: held.get(partition)?.count,
      unflushed,
    });
    progress(plans.length);
  }
  return plans.sort((a, b) => b.image.openCalls - a.image.openCalls || a.partition - b.partition);
}

/** Which losses were allowed by name. */
export type Discard = (walletId: string) => boolean;

/** Why the rebuild must not be done; empty when it may. */
export interface Hindrances {
  readonly losses: readonly Loss[];
  readonly ledgerFaults: Stand['ledgerFaults'];
}

export function hindrancesOf(stands: readonly Stand[], discard: Discard): Hindrances {
  return {
    losses: stands.flatMap(({ losses }) => losses.filter(({ walletId }) => !discard(walletId))),
    ledgerFaults: stands.flatMap(({ ledgerFaults }) => ledgerFaults),
  };
}

export function isHindered({ losses, ledgerFaults }: Hindrances): boolean {
  return losses.length + ledgerFaults.length > 0;
}
