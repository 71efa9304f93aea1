// Empties a partition that is rebuilt from the ledger. Fence, clock and journal stay: what is in the journal
// is in the ledger too by then, and may be needed again if Postgres ever comes back older.

import { clearScript } from '../generated/index.ts';
import { keys } from '../keys.ts';
import { scanKeys } from '../scan.ts';
import { type RecoveryParts, refuseStale } from './parts.ts';

/** What is taken away when it is not all. */
export interface ClearScope {
  readonly walletIds: readonly string[];
  /** Of these wallets: the open ones, as the ledger has them. */
  readonly holdIds: readonly string[];
}

/** Keys that one script deletes. */
const PAGE = 1_000;

/**
 * @param scope left out: everything
 * @returns how many keys were taken away, or named by the scope
 */
export async function clearPartition(
  { redis, master }: Pick<RecoveryParts, 'redis' | 'master'>,
  partition: number,
  epoch: number,
  checkUntilMs: number,
  scope?: ClearScope,
): Promise<number> {
  const fence = keys.partition(partition);
  const kept = new Set([
    fence,
    keys.master(partition),
    keys.journal(partition),
    keys.committed(partition),
  ]);
  const pages = scope ? pagesOf(namesOf(partition, scope)) : scanKeys(redis, keys.all(partition));
  let count = 0;
  for await (const page of pages) {
    const items = page.filter((key) => !kept.has(key)).map((target) => ({ target }));
    if (items.length === 0) continue;
    const names = { partition: fence, items };
    refuseStale(await master.evaluate(clearScript, names, { epoch, checkUntilMs }));
    count += items.length;
  }
  return count;
}

function namesOf(partition: number, { walletIds, holdIds }: ClearScope): string[] {
  return [
    ...holdIds.map((id) => keys.hold(partition, id)),
    ...walletIds.flatMap((id) => [keys.wallet(partition, id), keys.final(partition, id)]),
  ];
}

function* pagesOf(names: readonly string[]): Generator<string[]> {
  for (let i = 0; i < names.length; i += PAGE) yield names.slice(i, i + PAGE);
}
