/** Rebuilds one partition after the other, each while nobody can write to it. */
import { type Maintenance, OutageError, type ShutPartition } from '../../engine/index.ts';
import { type Decision, readOpenHoldIds, recordAction } from '../../persistence/index.ts';
import type { CommandStores } from '../stores.ts';
import { type Loss, standOf } from './look.ts';
import {
  type Discard,
  type Hindrances,
  hindrancesOf,
  isHindered,
  type PartitionPlan,
} from './plan.ts';

export interface Done {
  readonly partition: number;
  /** Journal entries that went into the ledger first, or were compared with it. */
  readonly drained: number;
  /** Keys that were taken out of Redis. */
  readonly cleared: number;
  /** Wallets and holds that were put back at once; other wallets load at their first touch. */
  readonly restored: number;
  /** How long its operations were refused, in ms. */
  readonly shutMs: number;
  /** Why it was left as it was; found only once nobody could write any more. */
  readonly refused: Hindrances | undefined;
}

export interface Order {
  readonly discard: Discard;
  readonly decision: Decision;
}

/** Another recovery may take a partition over; then it is tried again. */
const TRIES = 3;

/** @param told of each partition that is done */
export async function carryOut(
  stores: CommandStores,
  plans: readonly PartitionPlan[],
  order: Order,
  told: (done: Done) => void,
): Promise<void> {
  const maintenance = await stores.openMaintenance();
  try {
    for (const plan of plans) told(await rebuilt(stores, maintenance, plan, order));
  } finally {
    maintenance.stop();
  }
}

async function rebuilt(
  stores: CommandStores,
  maintenance: Maintenance,
  plan: PartitionPlan,
  order: Order,
): Promise<Done> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await rebuildOnce(stores, maintenance, plan, order);
    } catch (error) {
      const isOvertaken = error instanceof OutageError && error.code === 'recovering';
      if (!isOvertaken || tried === TRIES) throw error;
    }
  }
}

async function rebuildOnce(
  stores: CommandStores,
  maintenance: Maintenance,
  { partition, wallets }: PartitionPlan,
  order: Order,
): Promise<Done> {
  let refused: Hindrances | undefined;
  let cleared = 0;
  let shutAt = performance.now();
  const { drained, restored } = await maintenance.recover(partition, async (shut) => {
    shutAt = shut.shutAt;
    refused = undefined;
    // The plan was made while others wrote. What is found now stays true until it is done.
    const held =
      wallets === undefined ? (await stores.redis.held([partition])).get(partition) : undefined;
    const stand = await standOf(stores, partition, wallets, held);
    const hindrances = hindrancesOf([stand], order.discard);
    if (isHindered(hindrances)) {
      refused = hindrances;
      return { status: 'leave' };
    }
    await record(stores, shut, wallets, stand.losses, order.decision);
    cleared = await clear(stores, shut, wallets);
    return { status: 'restore' };
  });
  const shutMs = Math.round(performance.now() - shutAt);
  return { partition, drained, cleared, restored, shutMs, refused };
}

async function clear(
  { sql }: CommandStores,
  shut: ShutPartition,
  wallets: readonly string[] | undefined,
): Promise<number> {
  if (wallets === undefined) return shut.clear();
  const holdIds = await readOpenHoldIds(sql, shut.partition, wallets);
  return shut.clear({ walletIds: wallets, holdIds });
}

/** Before it is done: what Redis alone has of a discarded wallet is kept here, and nowhere else. */
async function record(
  { sql, redis }: CommandStores,
  { partition, drained }: ShutPartition,
  wallets: readonly string[] | undefined,
  losses: readonly Loss[],
  decision: Decision,
): Promise<void> {
  const ids = losses.map(({ walletId }) => walletId);
  const states = await redis.peekWallets(partition, ids, () => undefined);
  const discarded = losses.map(({ walletId, why }) => {
    const { sequence, postedMicros, heldMicros } = states.get(walletId) ?? {};
    return {
      wallet_id: walletId,
      why,
      sequence,
      posted_micros: postedMicros,
      held_micros: heldMicros,
    };
  });
  const details = { partition, wallet_ids: wallets ?? null, drained, discarded };
  await recordAction(sql, { ...decision, command: 'rebuild', details });
}
