/** What an operator reads before deciding about a wallet in quarantine. Reads only. */
import type { JournalEntry } from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { readEntry } from './flusher/entry.ts';
import type { WaitingEntry } from './quarantine.ts';

export interface QuarantinedWallet {
  walletId: string;
  organizationId: string;
  partition: number;
  /** Entries that wait for it. */
  waiting: number;
  /** Of the oldest of them; null when none waits. */
  since: Date | null;
  kind: string | null;
  detail: string | null;
}

/** A record that no wallet waits for: it is acknowledged, not released. */
export interface LooseRecord {
  id: number;
  kind: string;
  walletIds: string[];
  detail: string;
  createdAt: Date;
}

export interface QuarantineList {
  wallets: QuarantinedWallet[];
  records: LooseRecord[];
}

/** @param limit of wallets and of records, the longest waiting first */
export async function readQuarantine(sql: Sql, limit: number): Promise<QuarantineList> {
  const wallets = await sql<QuarantinedWallet[]>`
    SELECT snapshot.wallet_id AS "walletId", wallet.organization_id AS "organizationId",
           snapshot.partition, count(record.id) AS waiting, min(record.created_at) AS since,
           (array_agg(record.kind ORDER BY record.id))[1] AS kind,
           (array_agg(record.detail ORDER BY record.id))[1] AS detail
    FROM wallet_snapshots AS snapshot
    JOIN wallets AS wallet ON wallet.id = snapshot.wallet_id
    LEFT JOIN ledger_quarantine AS record
      ON record.wallet_ids @> ARRAY[snapshot.wallet_id] AND record.released_at IS NULL
        AND record.kind <> 'natural_key'
    WHERE snapshot.quarantined
    GROUP BY snapshot.wallet_id, wallet.organization_id
    ORDER BY since, "walletId" LIMIT ${limit}`;
  const records = await sql<LooseRecord[]>`
    SELECT id, kind, wallet_ids AS "walletIds", detail, created_at AS "createdAt"
    FROM ledger_quarantine
    WHERE released_at IS NULL AND (kind = 'natural_key' OR cardinality(wallet_ids) = 0)
    ORDER BY id LIMIT ${limit}`;
  return { wallets, records };
}

/** A wallet as the ledger has it. */
export interface LedgerImage {
  partition: number;
  quarantined: boolean;
  sequence: number;
  postedMicros: number;
  heldMicros: number;
}

export interface WaitingView extends Omit<WaitingEntry, 'payload'> {
  createdAt: Date;
  /** Undefined when the bytes are not a journal entry. */
  entry: JournalEntry | undefined;
  /** Its rows of this wallet, each beside the ledger's row of that sequence. */
  rows: { sequence: number; kind: string; amountMicros: number; inLedger: LedgerRowView | null }[];
}

export interface LedgerRowView {
  id: string;
  kind: string;
  amountMicros: number;
}

/** @returns undefined when there is no such wallet */
export async function readLedgerImage(
  sql: Sql,
  walletId: string,
): Promise<LedgerImage | undefined> {
  const [image] = await sql<LedgerImage[]>`
    SELECT partition, quarantined, sequence, posted_micros AS "postedMicros",
           held_micros AS "heldMicros"
    FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  return image;
}

/** The entries that wait for a wallet, oldest first. */
export async function readWaiting(
  sql: Sql,
  walletId: string,
  limit: number,
): Promise<WaitingView[]> {
  const records = await sql<(WaitingEntry & { createdAt: Date })[]>`
    SELECT id, partition, stream_id AS "streamId", kind, mutation_id AS "mutationId",
           wallet_ids AS "walletIds", detail, payload, created_at AS "createdAt"
    FROM ledger_quarantine
    WHERE released_at IS NULL AND wallet_ids @> ARRAY[${walletId}]::text[]
    ORDER BY id LIMIT ${limit}`;
  const read = records.map(({ payload, ...record }) => {
    const { entry } = readEntry(record.partition, { id: record.streamId, payload });
    return { record, entry, rows: (entry?.rows ?? []).filter((row) => row.walletId === walletId) };
  });
  const stored = await ledgerRows(
    sql,
    walletId,
    read.flatMap(({ rows }) => rows.map(({ sequence }) => sequence)),
  );
  return read.map(({ record, entry, rows }) => ({
    ...record,
    entry,
    rows: rows.map(({ sequence, kind, amountMicros }) => {
      return { sequence, kind, amountMicros, inLedger: stored.get(sequence) ?? null };
    }),
  }));
}

async function ledgerRows(
  sql: Sql,
  walletId: string,
  sequences: number[],
): Promise<Map<number, LedgerRowView>> {
  const rows = await sql<(LedgerRowView & { sequence: number })[]>`
    SELECT sequence, id, kind, amount_micros AS "amountMicros" FROM ledger_entries
    WHERE wallet_id = ${walletId} AND sequence = ANY(${sequences}::bigint[])`;
  return new Map(rows.map(({ sequence, ...row }) => [sequence, row]));
}
