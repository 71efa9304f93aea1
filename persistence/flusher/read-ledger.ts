/** What the ledger has of the wallets that some journal entries touch. */
import { entryId, type JournalRow } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import type { Ledger } from './batch.ts';
import { type ReadEntry, walletsOf } from './entry.ts';
import type { StoredRows, WalletHead } from './judge.ts';

interface HeadRow {
  walletId: string;
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  chainHash: Buffer;
  quarantined: boolean;
}

/**
 * Reads the heads of all touched wallets and, for entries whose sequences the ledger has passed,
 * whether it has them (a repeat) or not (a fork). In ordinary work there are none.
 * @param again the entries may have been read before, and a release may have given them sequences
 *   below their own: each is looked for
 */
export async function readLedger(
  sql: Sql | Transaction,
  entries: readonly ReadEntry[],
  again = false,
): Promise<Ledger> {
  const walletIds = new Set<string>();
  for (const { entry } of entries) {
    for (const id of entry === undefined ? [] : walletsOf(entry)) walletIds.add(id);
  }
  const heads = await readHeads(sql, [...walletIds]);
  return { heads, stored: await readStored(sql, entries, heads, again) };
}

async function readHeads(
  sql: Sql | Transaction,
  walletIds: string[],
): Promise<Map<string, WalletHead>> {
  if (walletIds.length === 0) return new Map();
  const rows = await sql<HeadRow[]>`
    SELECT wallet_id AS "walletId", sequence, posted_micros AS "postedMicros",
           held_micros AS "heldMicros", chain_hash AS "chainHash", quarantined
    FROM wallet_snapshots WHERE wallet_id = ANY(${walletIds}::text[])`;
  return new Map(rows.map(({ walletId, ...head }) => [walletId, head]));
}

async function readStored(
  sql: Sql | Transaction,
  entries: readonly ReadEntry[],
  heads: ReadonlyMap<string, WalletHead>,
  again: boolean,
): Promise<StoredRows> {
  const past = (row: JournalRow) =>
    again || row.sequence <= (heads.get(row.walletId)?.sequence ?? 0);
  const ids = entries
    .flatMap(({ entry }) => (entry?.rows.some(past) ? [entry] : []))
    .flatMap(({ mutationId, rows }) => rows.map((_, index) => entryId(mutationId, index)));
  if (ids.length === 0) return new Map();
  const rows = await sql<{ id: string; contentHash: Buffer }[]>`
    SELECT id, content_hash AS "contentHash" FROM ledger_entries WHERE id = ANY(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, row.contentHash]));
}
