/** The whole ledger, row for row and hold for hold, against the journal that the model wrote. */
import { isDeepStrictEqual } from 'node:util';
import { type HoldState, type JournalEntry, unpackHoldState } from '../../../engine/index.ts';
import type { Sql } from '../../../persistence/index.ts';
import type { Oracle } from '../oracle.ts';
import { PARTITIONS } from '../stage.ts';

interface Row {
  readonly walletId: string;
  readonly sequence: number;
  readonly kind: string;
  readonly operation: string;
  readonly amountMicros: number;
  readonly heldDeltaMicros: number;
  readonly postedMicros: number;
  readonly heldMicros: number;
  readonly shortfallMicros: number;
  readonly holdId: string | null;
  readonly mutationId: string;
  readonly rowIndex: number;
  readonly createdAtMs: number;
  readonly occurredAtMs: number;
}

export interface Compared {
  readonly rows: number;
  readonly holds: number;
  /** One line each. */
  readonly faults: readonly string[];
}

/** @throws when the model was retired: then nobody knows what the ledger should be */
export async function compareWithModel(sql: Sql, oracle: Oracle): Promise<Compared> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const journal = partitions.flatMap((partition) => oracle.journal(partition));
  const stored = await storedRows(sql);
  const found = stored.map((row) => ({ ...row, mutationId: oracle.nameOf(row.mutationId) }));
  const expected = journal.flatMap(rowsOf).sort(byWalletAndSequence);
  const holds = await storedHolds(sql);
  const last = new Map<string, HoldState>();
  for (const { holdId, hold } of journal) if (hold) last.set(holdId, hold);
  const faults = [
    ...differences('row', found, expected),
    ...differences('hold', holds, [...last].sort(byName)),
  ];
  return { rows: stored.length, holds: holds.length, faults };
}

function differences(what: string, found: readonly unknown[], expected: readonly unknown[]) {
  return Array.from({ length: Math.max(found.length, expected.length) }, (_, i) => i)
    .filter((i) => !isDeepStrictEqual(found[i], expected[i]))
    .map((i) => `${what} ${i}: ${text(found[i])}, the model has ${text(expected[i])}`);
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function byName([a]: [string, HoldState], [b]: [string, HoldState]): number {
  return a < b ? -1 : 1;
}

function byWalletAndSequence(a: Row, b: Row): number {
  if (a.walletId === b.walletId) return a.sequence - b.sequence;
  return a.walletId < b.walletId ? -1 : 1;
}

function rowsOf(entry: JournalEntry): Row[] {
  return entry.rows.map((row, rowIndex) => ({
    walletId: row.walletId,
    sequence: row.sequence,
    kind: row.kind,
    operation: entry.operation,
    amountMicros: row.amountMicros,
    heldDeltaMicros: row.heldDeltaMicros,
    postedMicros: row.wallet.postedMicros,
    heldMicros: row.wallet.heldMicros,
    shortfallMicros: row.shortfallMicros,
    holdId: entry.holdId === '' ? null : entry.holdId,
    mutationId: entry.mutationId,
    rowIndex,
    createdAtMs: entry.atMs,
    occurredAtMs: entry.occurredAtMs,
  }));
}

async function storedRows(sql: Sql): Promise<Row[]> {
  const rows = await sql<Row[]>`
    SELECT wallet_id AS "walletId", sequence, kind, operation, amount_micros AS "amountMicros",
           held_delta_micros AS "heldDeltaMicros", posted_after_micros AS "postedMicros",
           held_after_micros AS "heldMicros", shortfall_micros AS "shortfallMicros",
           hold_id AS "holdId", mutation_id AS "mutationId", row_index AS "rowIndex",
           (extract(epoch FROM created_at) * 1000)::bigint AS "createdAtMs",
           (extract(epoch FROM occurred_at) * 1000)::bigint AS "occurredAtMs"
    FROM ledger_entries ORDER BY wallet_id COLLATE "C", sequence, id`;
  return rows.map((row) => ({ ...row }));
}

async function storedHolds(sql: Sql): Promise<[string, HoldState][]> {
  const rows = await sql<{ id: string; snapshot: Buffer }[]>`
    SELECT id, snapshot FROM holds ORDER BY id COLLATE "C"`;
  return rows.map(({ id, snapshot }) => [id, unpackHoldState(snapshot)]);
}
