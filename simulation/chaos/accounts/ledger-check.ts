/** Compares what was acknowledged with what the ledger says, row by row. */
import type { Sql } from '../../../persistence/index.ts';
import { type Acknowledged, type Move, textOfMoves } from './acknowledged.ts';

export interface LedgerVerdict {
  /** Acknowledged, and not in the ledger. */
  readonly lost: Acknowledged[];
  /** What must never be: rows twice, in part, or of other amounts. */
  readonly faults: string[];
  /** Wallets and what the ledger says they hold. */
  readonly posted: Map<string, number>;
}

const PAGE = 5_000;

export async function checkLedger(
  sql: Sql,
  acknowledged: readonly Acknowledged[],
): Promise<LedgerVerdict> {
  const posted = await postedOf(sql);
  const verdict: LedgerVerdict = { lost: [], faults: await doubles(sql), posted };
  for (let from = 0; from < acknowledged.length; from += PAGE) {
    await judge(sql, acknowledged.slice(from, from + PAGE), verdict);
  }
  return verdict;
}

async function judge(sql: Sql, page: readonly Acknowledged[], verdict: LedgerVerdict) {
  const rows = await rowsOf(sql, page);
  const started = await startedHolds(sql, page);
  for (const one of page) {
    if (one.verb === 'start') {
      if (!started.has(one.id)) verdict.lost.push(one);
      continue;
    }
    const found = rows.get(keyOf(one));
    if (found === undefined) verdict.lost.push(one);
    else if (textOfMoves(found) !== textOfMoves(one.moves)) {
      const fault = `${textOfMoves(found)} in the ledger, ${textOfMoves(one.moves)} told`;
      verdict.faults.push(`${one.verb} ${one.id}: ${fault}`);
    }
  }
}

function keyOf({ verb, id }: Acknowledged): string {
  if (verb === 'authorize') return `${id} authorize`;
  return verb === 'end' ? `${id} capture` : id;
}

interface Row extends Move {
  readonly id: string;
  readonly transferId: string | null;
  readonly holdId: string | null;
  readonly operation: string;
}

/** By entry id, by transfer id, and by hold id and operation. */
async function rowsOf(sql: Sql, page: readonly Acknowledged[]): Promise<Map<string, Move[]>> {
  const ids = page.map(({ id }) => id);
  const rows = await sql<Row[]>`
    SELECT id, details ->> 'transfer_id' AS "transferId", hold_id AS "holdId", operation,
           wallet_id AS "walletId", amount_micros AS "amountMicros"
    FROM ledger_entries
    WHERE id = ANY(${ids}::text[]) OR hold_id = ANY(${ids}::text[])
       OR details ->> 'transfer_id' = ANY(${ids}::text[])`;
  const found = new Map<string, Move[]>();
  for (const { id, transferId, holdId, operation, ...move } of rows) {
    const names = [id, transferId, holdId && `${holdId} ${operation}`];
    for (const name of names) if (name) found.set(name, [...(found.get(name) ?? []), move]);
  }
  return found;
}

async function startedHolds(sql: Sql, page: readonly Acknowledged[]): Promise<Set<string>> {
  const ids = page.flatMap((one) => (one.verb === 'start' ? [one.id] : []));
  const rows = await sql<{ id: string }[]>`
    SELECT id FROM holds WHERE id = ANY(${ids}::text[]) AND state <> 'authorized'`;
  return new Set(rows.map((row) => row.id));
}

async function doubles(sql: Sql): Promise<string[]> {
  const sequences = await sql<{ name: string; rows: number }[]>`
    SELECT wallet_id || ' sequence ' || sequence AS name, count(*) AS rows
    FROM ledger_entries GROUP BY wallet_id, sequence HAVING count(*) > 1 LIMIT 20`;
  const mutations = await sql<{ name: string; rows: number }[]>`
    SELECT 'mutation ' || mutation_id || ' row ' || row_index AS name, count(*) AS rows
    FROM ledger_entries GROUP BY mutation_id, row_index HAVING count(*) > 1 LIMIT 20`;
  return [...sequences, ...mutations].map(({ name, rows }) => `${name} is there ${rows} times`);
}

async function postedOf(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql<{ id: string; posted: number }[]>`
    SELECT wallet_id AS id, sum(amount_micros)::bigint AS posted FROM ledger_entries
    GROUP BY wallet_id`;
  return new Map(rows.map((row) => [row.id, row.posted]));
}
