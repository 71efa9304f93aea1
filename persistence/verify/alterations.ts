/**
 * What was altered in a row that does not fit its hash. The hash alone cannot say, but the journal
 * entry that the row was made from can, as long as a natural key or the journal still has it: the
 * row made anew from it either gives the very hash that is stored, which proves it, or it does not.
 */
import type { KeyObject } from 'node:crypto';
import type { Journal } from '../../engine/index.ts';
import type { Transaction } from '../connect.ts';
import { type ReadEntry, readEntry } from '../flusher/entry.ts';
import { chainHash } from '../hash-chain.ts';
import { type LedgerRow, labelsOf, ledgerRow } from '../ledger-row.ts';
import type { Difference } from './difference.ts';
import type { Altered } from './replay.ts';

export interface Witnesses {
  tx: Transaction;
  partition: number;
  chainKey: KeyObject;
  journal: Pick<Journal, 'range'> | undefined;
}

/** Rows explained of one page of wallets: each may cost a scan of all natural keys. */
const EXPLAINED_MAX = 20;
/** Entries of the journal looked through around the time of a row. */
const NEARBY = 200;
const MUTATION_ID = /^ent_(.+)\d$/;

/** Adds what is known to the differences that tell of the rows. */
export async function explainAltered(
  witnesses: Witnesses,
  altered: readonly Altered[],
  found: readonly Difference[],
): Promise<void> {
  const some = altered.slice(0, EXPLAINED_MAX);
  if (some.length === 0) return;
  const entries = await entriesOf(witnesses, some);
  for (const fault of some) {
    const detail = explained(witnesses.chainKey, fault, entries);
    const told = found.find(
      ({ what, entryId }) => entryId === fault.row.id && what.startsWith('hash at'),
    );
    if (detail !== undefined && told !== undefined) told.detail = detail;
  }
}

function mutationsOf({ row }: Altered): string[] {
  const [, ofId] = MUTATION_ID.exec(row.id) ?? [];
  return ofId === undefined ? [row.mutationId] : [row.mutationId, ofId];
}

async function entriesOf(
  { tx, partition, journal }: Witnesses,
  altered: readonly Altered[],
): Promise<ReadEntry[]> {
  const mutationIds = altered.flatMap(mutationsOf);
  const keys = await tx<{ id: string; payload: Buffer }[]>`
    SELECT mutation_id AS id, payload FROM natural_keys
    WHERE mutation_id = ANY(${mutationIds}::text[])`;
  const found = keys.map((key) => readEntry(partition, key));
  if (journal === undefined) return found;
  for (const { row } of altered) {
    const items = await journal.range(partition, `${row.createdAtMs}-0`, '+', NEARBY);
    found.push(...items.map((item) => readEntry(partition, item)));
  }
  return found;
}

function explained(
  chainKey: KeyObject,
  { row, previous }: Altered,
  entries: readonly ReadEntry[],
): string | undefined {
  const mutationIds = mutationsOf({ row, previous });
  for (const { entry, contentHash } of entries) {
    if (entry === undefined || !mutationIds.includes(entry.mutationId)) continue;
    const labels = labelsOf(entry);
    const originals = entry.rows.map((one, index) =>
      ledgerRow(entry, one, index, labels, contentHash),
    );
    const proven = originals.find((original) =>
      previous.some((hash) => chainHash(chainKey, hash, original).equals(row.hash)),
    );
    if (proven !== undefined) return differingColumns(proven, row);
    const same = originals.find(({ id }) => id === row.id);
    if (same?.contentHash.equals(row.contentHash) === true) {
      return [differingColumns(same, row), 'its hash'].filter((text) => text !== '').join('; ');
    }
  }
  return undefined;
}

/** @param original the row as it was written */
function differingColumns(original: LedgerRow, row: LedgerRow): string {
  const columns = Object.keys(original) as (keyof LedgerRow)[];
  return columns
    .map((name) => [name, shown(original[name]), shown(row[name])] as const)
    .filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${columnOf(name)} was ${was}, is ${is}`)
    .join('; ');
}

function columnOf(name: string): string {
  return name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function shown(value: LedgerRow[keyof LedgerRow]): string {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort()));
}
