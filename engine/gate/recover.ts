// One recovery of one master: what is wrong with it is put right, under the one lock in Postgres.
//
//   look -> in order: nothing to do
//        -> the lock -> look again -> shut what is suspect -> load scripts -> shield -> partitions
//           (while another process has it: shield what that one has opened)
//
// Suspect is a partition that is shut, or that was recovered on another master than this one: after a
// restart, a promotion, or a slot's move all of that master's data may be older than the ledger. A
// partition whose slot is moving away is left alone until it has arrived: half of it is not here.

import type { Redis } from 'ioredis';
import { type AskClock, standsOrOutage } from '../clock/timekeeper.ts';
import { OutageError } from '../errors.ts';
import { clockScript, shutScript } from '../generated/index.ts';
import { keys } from '../keys.ts';
import type { LedgerSource } from '../ledger-source.ts';
import type { RecoverySource } from '../recovery-source.ts';
import { redisCode } from '../redis-errors.ts';
import { findHeldWallets } from './held-wallets.ts';
import { inLanes } from './lanes.ts';
import { createMaster, type Look, type Master } from './master.ts';
import { type PartitionRecovery, recoverPartition } from './recover-partition.ts';
import { inTurn } from './turn.ts';

export interface RecoverOptions {
  /** Opens a connection of its own to the master; one that never reconnects. */
  readonly connect: () => Redis;
  /** The partitions that this master serves now. */
  readonly partitions: () => readonly number[];
  readonly partitionCount: number;
  readonly hotRecordsMs: number;
  readonly ledger: LedgerSource;
  readonly recovery: RecoverySource;
  /** Proves the clocks of partitions that are open already, before anything is sent to them. */
  readonly prove?: (
    partitions: readonly number[],
    ask: (partition: number) => AskClock,
  ) => Promise<void>;
  readonly onPartition: (result: PartitionRecovery, ms: number, progress: Progress) => void;
}

/**
 * Says that the fences of these partitions can be trusted on this master: each is open after its
 * recovery, or shut and refuses by itself.
 */
export type Shield = (masterId: string, partitions: readonly number[]) => void;

/** How far a recovery is: partitions done, of all that it has to do. */
export interface Progress {
  readonly done: number;
  readonly of: number;
}

/** Partitions that are recovered at the same time. */
const LANES = 4;

/**
 * @returns how many partitions were recovered; none when another process has done it
 * @throws OutageError when a part must wait, a migrating slot for instance
 */
export async function recoverMaster(options: RecoverOptions, shield: Shield): Promise<number> {
  return onOwnConnection(options.connect, async (redis) => {
    const master = createMaster(redis);
    // A mere reconnect needs neither the lock nor Postgres.
    const look = await master.look(options.partitions());
    const suspects = await shieldSound(options, master, look, shield);
    if (suspects?.every((p) => look.migrating.has(p))) {
      if (suspects.length > 0) throw new OutageError('recovering');
      return 0;
    }
    const lookAgain = async () => {
      await shieldSound(options, master, await master.look(options.partitions()), shield);
    };
    const recover = () => recoverAll(options, master, redis, shield);
    return inTurn(options.recovery, lookAgain, recover);
  });
}

/** Shields what is open and right already, if scripts can be trusted at all. @returns the others */
async function shieldSound(
  { prove }: Pick<RecoverOptions, 'prove'>,
  master: Master,
  look: Look,
  shield: Shield,
): Promise<number[] | undefined> {
  if (!look.standing || !look.complete) return undefined;
  const suspects = suspectsOf(look);
  const sound = without(look.partitions, suspects);
  await prove?.(sound, (partition) => async (args) => {
    const names = { partition: keys.partition(partition) };
    return standsOrOutage(await master.evaluate(clockScript, names, args));
  });
  shield(look.masterId, sound);
  return suspects;
}

/** One connection that never reconnects: if Redis goes away again, the recovery starts over. */
export async function onOwnConnection<T>(
  connect: () => Redis,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = connect();
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/**
 * Shuts every partition of a master and takes its scripts away. Under the lock: a recovery between its
 * look and its end would bring the scripts back and open what it had taken for suspect.
 */
export async function shutMaster({
  connect,
  partitions,
  recovery,
}: Pick<RecoverOptions, 'connect' | 'partitions' | 'recovery'>): Promise<void> {
  await onOwnConnection(connect, (redis) =>
    recovery.exclusively(async () => {
      const master = createMaster(redis);
      await master.flushScripts();
      for (const partition of partitions()) await shut(master, partition);
    }),
  );
}

async function recoverAll(
  options: RecoverOptions,
  master: Master,
  redis: Redis,
  shield: Shield,
): Promise<number> {
  const look = await master.look(options.partitions());
  const suspects = suspectsOf(look);
  // When all of it is suspect, nobody may go on for even a moment.
  if (suspects.length === look.partitions.length) await master.flushScripts();
  await Promise.all(suspects.map((partition) => shut(master, partition)));
  await master.loadScripts();
  const waiting = suspects.filter((p) => look.migrating.has(p));
  // From here on every fence that is open is right, and those that are shut refuse by themselves.
  shield(look.masterId, without(look.partitions, waiting));
  const order = await options.recovery.partitionsInOrder(options.partitionCount);
  const due = order.filter((p) => suspects.includes(p) && !waiting.includes(p));
  const held = due.length > 0 ? await findHeldWallets(redis, due, options.recovery) : undefined;
  const parts = { ...options, redis, master, masterId: look.masterId, held };
  let done = 0;
  await inLanes(due, LANES, async (partition) => {
    const startMs = performance.now();
    const result = await recoverPartition(parts, partition);
    done += 1;
    options.onPartition(result, performance.now() - startMs, { done, of: due.length });
  });
  if (waiting.length > 0) throw new OutageError('recovering');
  return due.length;
}

function suspectsOf(look: Look): number[] {
  if (!look.standing) return [...look.partitions];
  return look.partitions.filter((p) => look.shut.has(p) || look.foreign.has(p));
}

function without(partitions: readonly number[], left: readonly number[]): number[] {
  return partitions.filter((p) => !left.includes(p));
}

/**
 * Keeps clock and epoch; recovery opens the fence again. A fence that has moved to another node already
 * cannot be shut here, and nothing can pass it here either.
 */
async function shut(master: Master, partition: number): Promise<void> {
  try {
    await master.evaluate(shutScript, { partition: keys.partition(partition) }, {});
  } catch (error) {
    if (redisCode(error) !== 'ASK') throw error;
  }
}
