/** Which part of Redis a rebuild is about. */
import { readPlaces, type Sql, storedPartitions } from '../../persistence/index.ts';
import { UsageError } from '../command.ts';

export interface Scope {
  /** In ascending order. */
  readonly partitions: readonly number[];
  /** Of the partition only these wallets and their open holds; undefined: all of it. */
  walletsIn(partition: number): readonly string[] | undefined;
}

export interface Named {
  readonly partitions: readonly string[];
  readonly wallets: readonly string[];
}

/**
 * @param configured how many partitions this program is set to
 * @throws UsageError when something is named that there is not
 */
export async function scopeOf(sql: Sql, configured: number, named: Named): Promise<Scope> {
  const count = await partitionCount(sql, configured);
  if (named.wallets.length > 0) return walletScope(sql, named);
  const partitions = named.partitions.map((text) => partitionIn(text, count));
  const all = Array.from({ length: count }, (_, partition) => partition);
  const chosen = partitions.length > 0 ? [...new Set(partitions)].sort((a, b) => a - b) : all;
  return { partitions: chosen, walletsIn: () => undefined };
}

async function walletScope(sql: Sql, { partitions, wallets }: Named): Promise<Scope> {
  if (partitions.length > 0) throw new UsageError('name partitions or wallets, not both');
  const places = await readPlaces(sql, wallets);
  const byPartition = new Map<number, string[]>();
  for (const walletId of new Set(wallets)) {
    const partition = places.get(walletId);
    if (partition === undefined) throw new UsageError(`there is no wallet ${walletId}`);
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), walletId]);
  }
  return {
    partitions: [...byPartition.keys()].sort((a, b) => a - b),
    walletsIn: (partition) => byPartition.get(partition) ?? [],
  };
}

async function partitionCount(sql: Sql, configured: number): Promise<number> {
  const stored = await storedPartitions(sql);
  if (stored === undefined) throw new Error('there is nothing to rebuild from: no first boot yet');
  if (stored === configured) return stored;
  throw new UsageError(
    `RINGFENCE_PARTITIONS is ${configured}, the database was made with ${stored}`,
  );
}

function partitionIn(text: string, count: number): number {
  const partition = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (partition < count) return partition;
  throw new UsageError(`--partition takes a whole number from 0 to ${count - 1}`);
}
