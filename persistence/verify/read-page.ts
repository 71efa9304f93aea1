/** One page of wallets as Postgres has them, all of one moment. */

import type { WalletState } from '../../engine/index.ts';
import { type HoldState, unpackHoldState, unpackWalletState } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import type { ChainedRow } from './replay.ts';
import type { Start } from './starts.ts';

export interface VerifyFilter {
  /** Only these; left out: all. */
  walletIds?: readonly string[];
  /** Replay only rows made since then; what stands for the rows before them is told (starts.ts). */
  since?: Date;
  /** Read only the last row of each wallet: for what compares the present, not the past. */
  lastRowsOnly?: boolean;
}

export interface SnapshotRow {
  walletId: string;
  partition: number;
  sequence: number;
  postedMicros: number;
  heldMicros: number;
  chainHash: Buffer;
  quarantined: boolean;
  state: WalletState;
}

export async function readSnapshots(
  tx: Transaction,
  partition: number,
  after: string,
  filter: VerifyFilter,
  limit: number,
): Promise<SnapshotRow[]> {
  const only = filter.walletIds === undefined ? null : [...filter.walletIds];
  const rows = await tx<(Omit<SnapshotRow, 'state'> & { packed: Buffer })[]>`
    SELECT wallet_id AS "walletId", partition, sequence, posted_micros AS "postedMicros",
           held_micros AS "heldMicros", chain_hash AS "chainHash", quarantined, state AS packed
    FROM wallet_snapshots
    WHERE partition = ${partition} AND wallet_id > ${after}
      AND (${only}::text[] IS NULL OR wallet_id = ANY(${only}::text[]))
    ORDER BY wallet_id LIMIT ${limit}`;
  return rows.map(({ packed, ...row }) => ({ ...row, state: unpackWalletState(packed) }));
}

interface StoredRow extends Omit<ChainedRow, 'details' | 'detailsText'> {
  detailsText: string | null;
}

/** The wallets' ledger rows from their starts on, in sequence order, in pieces of `size`. */
export async function* readRows(
  tx: Transaction,
  starts: ReadonlyMap<string, Start>,
  size: number,
): AsyncGenerator<ChainedRow[]> {
  const from = [...starts].map(([walletId, { sequence }]) => ({ walletId, sequence }));
  const pieces = tx<StoredRow[]>`
    SELECT id, row.wallet_id AS "walletId", organization_id AS "organizationId", row.sequence, kind,
           operation, amount_micros AS "amountMicros", held_delta_micros AS "heldDeltaMicros",
           posted_after_micros AS "postedAfterMicros", held_after_micros AS "heldAfterMicros",
           shortfall_micros AS "shortfallMicros", hold_id AS "holdId", call_id AS "callId",
           reference, description, refunds, details::text AS "detailsText",
           mutation_id AS "mutationId", row_index AS "rowIndex",
           round(extract(epoch FROM created_at) * 1000)::bigint AS "createdAtMs",
           round(extract(epoch FROM occurred_at) * 1000)::bigint AS "occurredAtMs",
           created_at = date_trunc('milliseconds', created_at)
             AND occurred_at = date_trunc('milliseconds', occurred_at) AS "wholeMs",
           content_hash AS "contentHash", hash
    FROM unnest(
      ${from.map(({ walletId }) => walletId)}::text[],
      ${from.map(({ sequence }) => sequence)}::bigint[]
    ) AS start (wallet_id, sequence)
    JOIN ledger_entries AS row
      ON row.wallet_id = start.wallet_id AND row.sequence >= start.sequence
    ORDER BY row.wallet_id, row.sequence, id`.cursor(size);
  for await (const piece of pieces) {
    yield piece.map((row) => ({ ...row, details: detailsOf(row.detailsText) }));
  }
}

function detailsOf(text: string | null): Record<string, unknown> | null {
  return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
}

/** What each open hold keeps of each wallet: wallet -> hold -> micros. */
export async function readOpenHolds(
  tx: Transaction,
  walletIds: string[],
): Promise<Map<string, Map<string, number>>> {
  const rows = await tx<{ id: string; snapshot: Buffer }[]>`
    SELECT id, snapshot FROM holds
    WHERE closed_at IS NULL
      AND partition IN (
        SELECT partition FROM wallet_snapshots WHERE wallet_id = ANY(${walletIds}::text[]))
      AND wallet_ids && ${walletIds}::text[]`;
  const held = new Map(walletIds.map((id) => [id, new Map<string, number>()]));
  for (const { id, snapshot } of rows) {
    for (const [walletId, micros] of heldBy(unpackHoldState(snapshot))) {
      held.get(walletId)?.set(id, micros);
    }
  }
  return held;
}

/** What a hold keeps of each of its wallets; nothing once it is closed. */
export function heldBy(hold: HoldState): Map<string, number> {
  const held = new Map<string, number>();
  for (const leg of hold.legs) {
    const micros = hold.closedAtMs > 0 ? 0 : leg.heldMicros;
    held.set(leg.walletId, (held.get(leg.walletId) ?? 0) + micros);
  }
  return held;
}
