/** How a partition in Redis stands to the ledger, and what a rebuild of it would destroy. */
import type { HeldKeys } from '../../engine/index.ts';
import {
  comparePartition,
  type Difference,
  readQuarantined,
  readStrangers,
} from '../../persistence/index.ts';
import type { CommandStores } from '../stores.ts';

/** Something that only Redis has: a rebuild destroys it. */
export interface Loss {
  readonly walletId: string;
  readonly why: string;
}

export interface Stand {
  /** Wallets in Redis, of those that were compared. */
  readonly inRedis: number;
  /** Where Redis is not as ledger and journal have it: the first, and how many there are. */
  readonly differences: readonly Difference[];
  readonly differing: number;
  /** Where the ledger disagrees with itself: nothing can be rebuilt from that. The first. */
  readonly ledgerFaults: readonly Difference[];
  readonly losses: readonly Loss[];
}

const KEPT_MAX = 100;

/**
 * Looks at a running system as well as at a shut partition. Entries that are only in the journal count as the
 * ledger's: a rebuild takes them in before anything else.
 * @param wallets only these; undefined: all
 * @param held the partition's keys in Redis, where all of it is looked at
 */
export async function standOf(
  { sql, chainKey, redis }: CommandStores,
  partition: number,
  wallets: readonly string[] | undefined,
  held: HeldKeys | undefined,
): Promise<Stand> {
  const differences: Difference[] = [];
  const ledgerFaults: Difference[] = [];
  const losses: Loss[] = [];
  let differing = 0;
  const keep = (list: Difference[], one: Difference) => {
    if (list.length < KEPT_MAX) list.push(one);
  };
  const only = wallets === undefined ? {} : { walletIds: wallets };
  const input = { sql, chainKey, redis, ...only };
  const inRedis = await comparePartition(input, partition, (one) => {
    if (one.what === 'quarantined') return;
    if (!isOfRedis(one)) return keep(ledgerFaults, one);
    differing += 1;
    keep(differences, one);
    if (isAhead(one)) losses.push({ walletId: one.walletId, why: `ahead: ${one.detail ?? ''}` });
  });
  losses.push(...(await quarantineLosses({ sql, redis }, partition, wallets)));
  if (held !== undefined) losses.push(...(await strangers(sql, partition, held)));
  return { inRedis, differences, differing, ledgerFaults, losses };
}

function isOfRedis({ what }: Difference): boolean {
  return what.startsWith('redis ') || what.startsWith('journal ');
}

function isAhead({ what, expected, found }: Difference): boolean {
  return what === 'redis sequence' && Number(found) > Number(expected);
}

/** What waits in the ledger's quarantine is safe there; what Redis has done since is not. */
async function quarantineLosses(
  { sql, redis }: Pick<CommandStores, 'sql' | 'redis'>,
  partition: number,
  wallets: readonly string[] | undefined,
): Promise<Loss[]> {
  const quarantined = await readQuarantined(sql, partition, wallets);
  const ids = quarantined.map(({ walletId }) => walletId);
  const unreadable = new Set<string>();
  const inRedis = await redis.peekWallets(partition, ids, (id) => unreadable.add(id));
  return quarantined.flatMap(({ walletId, sequence, waiting }) => {
    const more = (inRedis.get(walletId)?.sequence ?? 0) - sequence;
    if (more <= 0 && !unreadable.has(walletId)) return [];
    const found = unreadable.has(walletId) ? 'cannot be read' : `has ${more} mutations more`;
    const why = `in quarantine: ${waiting} entries wait, Redis ${found}`;
    return [{ walletId, why }];
  });
}

const ASKED_AT_ONCE = 10_000;

async function strangers(
  sql: CommandStores['sql'],
  partition: number,
  { walletIds }: HeldKeys,
): Promise<Loss[]> {
  const ids = [...walletIds];
  const unknown: string[] = [];
  for (let i = 0; i < ids.length; i += ASKED_AT_ONCE) {
    unknown.push(...(await readStrangers(sql, partition, ids.slice(i, i + ASKED_AT_ONCE))));
  }
  return unknown.map((walletId) => ({ walletId, why: 'the ledger has no such wallet' }));
}
