/** One wallet in Redis against the ledger plus what is still in the journal (I1, I2, I7, I11). Pure. */
import type { WalletState } from '../../engine/index.ts';
import type { Report } from './difference.ts';
import type { TailRow } from './journal-tail.ts';
import type { SnapshotRow } from './read-page.ts';

/** What must agree. `finalCalls` and the ledger-check time change without a journal row. */
const COMPARED = [
  'postedMicros',
  'heldMicros',
  'creditLimitMicros',
  'cutoffThresholdMicros',
  'frozen',
  'liveCalls',
  'maxLiveCalls',
  'lowBalanceThresholdMicros',
] as const satisfies readonly (keyof WalletState)[];

/**
 * @param tail the wallet's journal rows from the snapshot's sequence to Redis' own
 * @param openHolds hold -> micros of this wallet, as Postgres has them
 */
export function compareRedis(
  snapshot: SnapshotRow,
  redis: WalletState,
  tail: readonly TailRow[],
  openHolds: ReadonlyMap<string, number>,
  report: Report,
): void {
  const { walletId } = snapshot;
  let { sequence, postedMicros, heldMicros } = snapshot;
  const holds = new Map(openHolds);
  for (const row of tail) {
    report(walletId, 'journal sequence', sequence + 1, row.sequence);
    sequence = row.sequence;
    postedMicros += row.amountMicros;
    heldMicros += row.heldDeltaMicros;
    if (row.holdId !== '') holds.set(row.holdId, row.holdMicros);
  }
  const detail = `${redis.sequence - sequence} mutations that neither ledger nor journal has`;
  const more = redis.sequence > sequence ? { detail } : {};
  report(walletId, 'redis sequence', sequence, redis.sequence, more);
  if (sequence !== redis.sequence) return;
  const state = { ...(tail.at(-1)?.state ?? snapshot.state), postedMicros, heldMicros };
  for (const field of COMPARED) report(walletId, `redis ${field}`, state[field], redis[field]);
  const held = [...holds.values()].reduce((sum, micros) => sum + micros, 0);
  report(walletId, 'redis held by open holds', held, redis.heldMicros);
}
