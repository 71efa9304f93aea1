/**
 * What Redis would be rebuilt from, against the mutation that left it so. The chain has a hash of every
 * journal entry, and an entry has the whole wallet and the whole hold as they were after it. Where the
 * key of a request or the journal still has the last entry of a wallet or hold, its packed state must
 * be that: balances, limits, freeze and counts, price, cover and evidence.
 */
import {
  type HoldState,
  type JournalEntry,
  packHoldState,
  unpackHoldState,
  unpackWalletState,
  type WalletState,
} from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { collector, type Difference, type Report } from './difference.ts';

/** A row that the ledger has word by word as its entry has it. */
export interface ProvenRow {
  entry: JournalEntry;
  walletId: string;
  sequence: number;
  /** The wallet after it. */
  state: WalletState;
}

export async function alteredImages(
  sql: Sql | Transaction,
  proven: readonly ProvenRow[],
): Promise<Difference[]> {
  const { found, report } = collector();
  if (proven.length === 0) return found;
  await wallets(sql, proven, report);
  await holds(sql, proven, report);
  return found;
}

async function wallets(
  sql: Sql | Transaction,
  proven: readonly ProvenRow[],
  report: Report,
): Promise<void> {
  const rows = await sql<{ walletId: string; sequence: number; packed: Buffer }[]>`
    SELECT wallet_id AS "walletId", sequence, state AS packed FROM wallet_snapshots
    WHERE wallet_id = ANY(${proven.map(({ walletId }) => walletId)}::text[])`;
  const snapshots = new Map(rows.map((row) => [row.walletId, row]));
  for (const { walletId, sequence, state } of proven) {
    const snapshot = snapshots.get(walletId);
    if (snapshot?.sequence !== sequence) continue;
    const packed = unpackWalletState(snapshot.packed);
    for (const field of Object.keys(state) as (keyof WalletState)[]) {
      report(walletId, `packed state: ${field}`, state[field], packed[field]);
    }
  }
}

async function holds(
  sql: Sql | Transaction,
  proven: readonly ProvenRow[],
  report: Report,
): Promise<void> {
  const entries = new Map<string, [JournalEntry, HoldState]>();
  for (const { entry } of proven) {
    if (entry.hold !== null)
      entries.set(`${entry.holdId} ${entry.hold.revision}`, [entry, entry.hold]);
  }
  const ids = [...entries.values()].map(([{ holdId }]) => holdId);
  if (ids.length === 0) return;
  const rows = await sql<{ id: string; revision: number; packed: Buffer }[]>`
    SELECT id, revision, snapshot AS packed FROM holds WHERE id = ANY(${ids}::text[])`;
  for (const { id, revision, packed } of rows) {
    const [, hold] = entries.get(`${id} ${revision}`) ?? [];
    if (hold === undefined || packHoldState(hold).equals(packed)) continue;
    const detail = `${id}: ${differing(hold, unpackHoldState(packed)).join(', ')}`;
    report(hold.legs[0]?.walletId ?? '', 'packed hold', 'as its entry has it', 'altered', {
      detail,
    });
  }
}

function differing(was: HoldState, is: HoldState): string[] {
  const fields = Object.keys(was) as (keyof HoldState)[];
  return fields.filter((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field]));
}
