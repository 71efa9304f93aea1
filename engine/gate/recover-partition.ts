// One partition's recovery: bring Redis in step with the ledger, then open its fence (I11).
//
//   fence (epoch+1) -> close -> drain the surviving journal -> move the stream past the cursor
//   -> [what a command does while nobody can write]
//   -> compare the wallets, restore what is not as the ledger has it, freeze those ahead
//   -> compare open holds, restore those behind -> open

import { clockOf } from '../clock/recovered.ts';
import { advanceScript, closeScript, openScript } from '../generated/index.ts';
import { unpackPartitionState } from '../generated/layouts.ts';
import { keys } from '../keys.ts';
import { type ClearScope, clearPartition } from './clear.ts';
import { drainJournal } from './drain.ts';
import { type RecoveryParts, refuseStale } from './parts.ts';
import { createRestorer } from './restore.ts';

export interface PartitionRecovery {
  readonly partition: number;
  /** Wallets and holds put back from the ledger. */
  readonly restored: number;
  /** Entries of the surviving journal that were committed or compared. */
  readonly drained: number;
  /** Wallets whose journal and ledger disagree; their entries are in quarantine. */
  readonly forked: readonly string[];
  /** Wallets that Redis has further than ledger and journal; they keep it, and are frozen now. */
  readonly ahead: readonly string[];
  /** Wallets that had the ledger's sequence and another balance or limit; put back as the ledger has them. */
  readonly differing: readonly string[];
}

/** A partition whose fence is shut and whose journal is in the ledger: nobody can write to it. */
export interface ShutPartition {
  readonly partition: number;
  /** How far the ledger is: the end of the journal. */
  readonly cursor: string;
  readonly drained: number;
  /** Since when, by `performance.now()`. */
  readonly shutAt: number;
  /**
   * Takes everything out of Redis but fence, clock and journal, or only these wallets and holds, which a
   * restore brings back as the ledger has them. Answers how many keys that were.
   */
  clear(scope?: ClearScope): Promise<number>;
}

/** What is to come after the work on a shut partition. */
export type AfterWork =
  /** It is compared with the ledger and restored, these wallets and their holds in any case. */
  | { readonly status: 'restore'; readonly doubted?: readonly string[] }
  /** The work raised the epoch itself: the recovery begins anew, with the partition still shut. */
  | { readonly status: 'again'; readonly doubted?: readonly string[] }
  /** It is opened as it is, unless its journal forked from the ledger. */
  | { readonly status: 'leave' };

export type WhileShut = (shut: ShutPartition) => Promise<AfterWork>;

/** @param whileShut done before anything is compared; the partition stays shut when it throws */
export async function recoverPartition(
  parts: RecoveryParts,
  partition: number,
  whileShut: WhileShut = async () => ({ status: 'restore' }),
): Promise<PartitionRecovery> {
  const { redis, master, recovery } = parts;
  const fence = { partition: keys.partition(partition) };
  const [{ cursor, epoch }, packed] = await Promise.all([
    recovery.fence(partition),
    redis.getBuffer(fence.partition),
  ]);
  const before = packed ? unpackPartitionState(packed) : undefined;
  refuseStale(await master.evaluate(closeScript, fence, { epoch }));
  const shutAt = performance.now();

  const drain = await drainJournal(redis, recovery, partition, epoch, cursor);
  const stream = { journal: keys.journal(partition), committed: keys.committed(partition) };
  const past = { epoch, cursor: drain.cursor };
  refuseStale(await master.evaluate(advanceScript, { ...fence, ...stream }, past));

  const testNowMs = before?.testNowMs ?? 0;
  const clock = await clockOf(parts, before, drain.cursor);
  const { nowMs } = clock;
  const after = await whileShut({
    partition,
    cursor: drain.cursor,
    drained: drain.count,
    shutAt,
    clear: (scope) => clearPartition(parts, partition, epoch, nowMs + parts.hotRecordsMs, scope),
  });
  if (after.status === 'again') {
    return recoverPartition(parts, partition, async () => ({ ...after, status: 'restore' }));
  }
  const restorer = createRestorer(parts, partition, epoch, nowMs);
  if (after.status === 'restore' || drain.forked.length > 0) {
    const doubted = after.status === 'restore' ? (after.doubted ?? []) : [];
    const overruled = await recovery.overruled(partition);
    await restorer.wallets(new Set([...drain.forked, ...overruled.walletIds, ...doubted]));
    await restorer.openHolds();
    await recovery.restored(partition, epoch, overruled.records);
  }
  const restored = restorer.count();

  // A fence that no recovery ever opened, of a partition that has a past.
  const wiped = (before?.epoch ?? 0) === 0 && drain.cursor !== '0-0';
  const fenceAndMaster = { ...fence, master: keys.master(partition) };
  const opened = await master.evaluate(openScript, fenceAndMaster, {
    epoch,
    masterId: parts.masterId,
    nowMs,
    hotRecordsMs: parts.hotRecordsMs,
    rebuilt: wiped || restored > 0,
    testNowMs,
    shiftMs: clock.shiftMs,
    trustedUntilMs: clock.trustedUntilMs,
  });
  refuseStale(opened);
  const { forked, count: drained } = drain;
  const differing = restorer.differing();
  return { partition, restored, drained, forked, ahead: restorer.ahead(), differing };
}
