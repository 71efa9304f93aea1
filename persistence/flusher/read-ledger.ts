/** What the ledger has of the wallets that some journal entries touch. */
import type { Sql } from '../connect.ts';
import type { Ledger } from './batch.ts';
import { type ReadEntry, walletsOf } from './entry.ts';
import { rowKey, type StoredRow, type WalletHead } from './judge.ts';

interface HeadRow {
  walletId: string;
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  chainHash: Buffer;
  quarantined: boolean;
}

/**
 * Reads the heads of all touched wallets, and the stored rows at sequences that an entry claims
 * although the ledger is past them (a repeat or a fork; none in ordinary work).
 */
export async function readLedger(sql: Sql, entries: readonly ReadEntry[]): Promise<Ledger> {
  const walletIds = new Set<string>();
  for (const { entry } of entries) {
    for (const id of entry === undefined ? [] : walletsOf(entry)) walletIds.add(id);
  }
  const heads = await readHeads(sql, [...walletIds]);
  return { heads, stored: await readStored(sql, entries, heads) };
}

async function readHeads(sql: Sql, walletIds: string[]): Promise<Map<string, WalletHead>> {
  if (walletIds.length === 0) return new Map();
  const rows = await sql<HeadRow[]>`
    SELECT wallet_id AS "walletId", sequence, posted_micros AS "postedMicros",
           held_micros AS "heldMicros", chain_hash AS "chainHash", quarantined
    FROM wallet_snapshots WHERE wallet_id = ANY(${walletIds}::text[])`;
  return new Map(rows.map(({ walletId, ...head }) => [walletId, head]));
}

async function readStored(
  sql: Sql,
  entries: readonly ReadEntry[],
  heads: ReadonlyMap<string, WalletHead>,
): Promise<Map<string, StoredRow>> {
  const claimed = entries
    .flatMap(({ entry }) => entry?.rows ?? [])
    .filter((row) => row.sequence <= (heads.get(row.walletId)?.sequence ?? 0));
  if (claimed.length === 0) return new Map();
  const rows = await sql<(StoredRow & { walletId: string; sequence: number })[]>`
    SELECT row.wallet_id AS "walletId", row.sequence, row.mutation_id AS "mutationId",
           row.content_hash AS "contentHash"
    FROM unnest(
      ${claimed.map((row) => row.walletId)}::text[], ${claimed.map((row) => row.sequence)}::bigint[]
    ) AS claimed (wallet_id, sequence)
    JOIN ledger_entries AS row USING (wallet_id, sequence)`;
  return new Map(rows.map((row) => [rowKey(row.walletId, row.sequence), row]));
}
