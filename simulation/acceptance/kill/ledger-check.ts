/** Compares what was acknowledged with what the ledger says, row by row. */
import { connect, type Sql } from '../../../persistence/index.ts';
import type { Acknowledged } from './acknowledged.ts';

export interface LedgerVerdict {
  /** Acknowledged, and not in the ledger. */
  readonly lost: Acknowledged[];
  /** What must never be: rows twice, other amounts. */
  readonly faults: string[];
  /** Wallets and what the ledger says they hold. */
  readonly posted: Map<string, number>;
}

interface Found {
  rows: number;
  amountMicros: number;
}

const PAGE = 5_000;

export async function checkLedger(
  databaseUrl: string,
  acknowledged: readonly Acknowledged[],
): Promise<LedgerVerdict> {
  const sql = connect(databaseUrl, { max: 1, applicationName: 'acceptance' });
  try {
    const verdict: LedgerVerdict = {
      lost: [],
      faults: await doubles(sql),
      posted: await postedOf(sql),
    };
    for (let from = 0; from < acknowledged.length; from += PAGE) {
      await judge(sql, acknowledged.slice(from, from + PAGE), verdict);
    }
    return verdict;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function judge(sql: Sql, page: readonly Acknowledged[], verdict: LedgerVerdict) {
  const entries = await entriesOf(sql, page);
  const operations = await operationsOf(sql, page);
  const started = await startedHolds(sql, page);
  const transfers = await transfersOf(sql, page);
  for (const one of page) {
    if (one.verb === 'start') {
      if (!started.has(one.holdId)) verdict.lost.push(one);
      continue;
    }
    if (one.verb === 'transfer') {
      judgeTransfer(one, transfers.get(one.transferId), verdict);
      continue;
    }
    const operation = one.verb === 'end' ? 'capture' : one.verb;
    const found = one.entryId
      ? entries.get(one.entryId)
      : operations.get(`${one.holdId} ${operation}`);
    if (found === undefined) {
      verdict.lost.push(one);
      continue;
    }
    const { rows, amountMicros } = found;
    const name = `${one.verb} ${one.entryId || one.holdId}`;
    if (rows !== 1) verdict.faults.push(`${name} has ${rows} rows`);
    if (amountMicros !== one.amountMicros) {
      verdict.faults.push(`${name}: ${amountMicros} in the ledger, ${one.amountMicros} told`);
    }
  }
}

/** Money leaves one wallet and enters the other, once each. */
function judgeTransfer(one: Acknowledged, found: Found | undefined, verdict: LedgerVerdict): void {
  if (found === undefined) {
    verdict.lost.push(one);
  } else if (found.rows !== 2 || found.amountMicros !== 0) {
    const { rows, amountMicros } = found;
    verdict.faults.push(`${one.transferId} has ${rows} rows that sum to ${amountMicros}`);
  }
}

async function transfersOf(sql: Sql, page: readonly Acknowledged[]): Promise<Map<string, Found>> {
  const ids = page.flatMap((one) => (one.transferId === '' ? [] : [one.transferId]));
  const rows = await sql<(Found & { id: string })[]>`
    SELECT details ->> 'transfer_id' AS id, count(*) AS rows,
           sum(amount_micros)::bigint AS "amountMicros"
    FROM ledger_entries WHERE details ->> 'transfer_id' = ANY(${ids}::text[])
    GROUP BY details ->> 'transfer_id'`;
  return new Map(rows.map((row) => [row.id, row]));
}

async function entriesOf(sql: Sql, page: readonly Acknowledged[]): Promise<Map<string, Found>> {
  const ids = page.flatMap((one) => (one.entryId === '' ? [] : [one.entryId]));
  const rows = await sql<(Found & { id: string })[]>`
    SELECT id, count(*) AS rows, sum(amount_micros)::bigint AS "amountMicros"
    FROM ledger_entries WHERE id = ANY(${ids}::text[]) GROUP BY id`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** By hold and operation; every call of this load has one leg. */
async function operationsOf(sql: Sql, page: readonly Acknowledged[]): Promise<Map<string, Found>> {
  const ids = page.flatMap((one) => (one.holdId === '' ? [] : [one.holdId]));
  const rows = await sql<(Found & { holdId: string; operation: string })[]>`
    SELECT hold_id AS "holdId", operation, count(*) AS rows,
           sum(amount_micros)::bigint AS "amountMicros"
    FROM ledger_entries WHERE hold_id = ANY(${ids}::text[]) GROUP BY hold_id, operation`;
  return new Map(rows.map((row) => [`${row.holdId} ${row.operation}`, row]));
}

async function startedHolds(sql: Sql, page: readonly Acknowledged[]): Promise<Set<string>> {
  const ids = page.flatMap((one) => (one.verb === 'start' ? [one.holdId] : []));
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
