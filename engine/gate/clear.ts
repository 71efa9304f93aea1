// Empties a partition that is rebuilt from the ledger. Fence, clock and journal stay: what is in the journal
// is in the ledger too by then, and may be needed again if Postgres ever comes back older.

import { clearScript } from '../generated/index.ts';
import { keys } from '../keys.ts';
import { scanKeys } from '../scan.ts';
import { type RecoveryParts, refuseStale } from './parts.ts';

/** @returns how many keys were taken away */
export async function clearPartition(
  { redis, master }: Pick<RecoveryParts, 'redis' | 'master'>,
  partition: number,
  epoch: number,
  checkUntilMs: number,
): Promise<number> {
  const fence = keys.partition(partition);
  const kept = new Set([
    fence,
    keys.master(partition),
    keys.journal(partition),
    keys.committed(partition),
  ]);
  let count = 0;
  for await (const page of scanKeys(redis, keys.all(partition))) {
    const items = page.filter((key) => !kept.has(key)).map((target) => ({ target }));
    if (items.length === 0) continue;
    const names = { partition: fence, items };
    refuseStale(await master.evaluate(clearScript, names, { epoch, checkUntilMs }));
    count += items.length;
  }
  return count;
}
