/**
 * Mutations that must be in the ledger because something else remembers them: rows that were cut off
 * the end of a wallet leave a valid chain behind, but the keys of their requests and the journal,
 * which keeps what is committed for a while, still name them.
 */
import { entryId } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { type ReadEntry, readEntry } from '../flusher/entry.ts';
import { storable } from '../storable.ts';
import { transaction } from '../transaction.ts';
import { collector, type Difference } from './difference.ts';
import { alteredImages } from './images.ts';
import { concerns, ONE_MOMENT, PAGE, type Task, type VerifyInput } from './input.ts';

/** Journal entries at or before the cursor: all of them were committed. */
export async function* checkRetained(
  { input }: Task,
  partition: number,
  cursor: string,
): AsyncGenerator<Difference, void> {
  if (input.redis === undefined || cursor === '0-0') return;
  let start = input.since === undefined ? '-' : `${input.since.getTime()}-0`;
  for (;;) {
    const items = await input.redis.journal.range(partition, start, cursor, PAGE);
    const last = items.at(-1);
    if (last === undefined) return;
    const entries = items.map((item) => readEntry(partition, item));
    yield* await missing(input.sql, input, entries, 'row of a journal entry');
    start = `(${last.id}`;
  }
}

interface KeyRow {
  scope: string;
  kind: string;
  key: string;
  fingerprint: string;
  mutationId: string;
  payload: Buffer;
}

/**
 * Natural keys: each was claimed by the transaction that wrote its mutation's rows. Those of a few
 * wallets are the keys of their whole tree of organizations, which may all charge them.
 */
export async function* checkNaturalKeys({
  input,
  progress,
}: Task): AsyncGenerator<Difference, void> {
  const since = input.since?.toISOString() ?? null;
  const only = input.walletIds === undefined ? null : [...input.walletIds];
  let after = { scope: '', kind: '', key: '' };
  for (;;) {
    const { scope, kind, key } = after;
    const { rows, found } = await transaction(
      input.sql,
      async (tx) => {
        const rows = await tx<KeyRow[]>`
          SELECT scope, kind, key, fingerprint, mutation_id AS "mutationId", payload
          FROM natural_keys
          WHERE (scope, kind, key) > (${scope}, ${kind}, ${key})
            AND (${since}::timestamptz IS NULL OR created_at >= ${since}::timestamptz)
            AND (${only}::text[] IS NULL OR scope IN (
              SELECT id FROM organizations WHERE root_id IN (
                SELECT root_id FROM wallets WHERE id = ANY(${only}::text[]))))
          ORDER BY scope, kind, key LIMIT ${PAGE}`;
        const entries = rows.map(({ payload }) => readEntry(0, { id: '', payload }));
        const lost = await missing(tx, input, entries, 'row of a request');
        const keys = rows.flatMap((row, i) => altered(row, entries[i]));
        const named = keys.filter(({ walletId }) => walletId === '' || concerns(input, walletId));
        return { rows, found: [...named, ...lost] };
      },
      ONE_MOMENT,
    );
    yield* found;
    progress.witnesses += rows.length;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/**
 * What a key is the key of. With other bytes a request repeated would be answered with what never was,
 * or have its effect again, and rows that were cut off would not be missed.
 */
function altered(row: KeyRow, read: ReadEntry | undefined): Difference[] {
  const { found, report } = collector();
  const what = `key ${row.kind} ${row.scope} ${row.key}`;
  const entry = read?.entry;
  if (entry === undefined) {
    report('', what, 'a journal entry', 'other bytes', { detail: read?.fault ?? '' });
    return found;
  }
  const walletId = entry.rows[0]?.walletId ?? '';
  const key = [entry.requestScope, entry.requestKind, entry.requestKey].map(storable).join(' ');
  report(walletId, `${what}: the key it was made for`, key, `${row.scope} ${row.kind} ${row.key}`);
  report(walletId, `${what}: fingerprint`, storable(entry.fingerprint), row.fingerprint);
  report(walletId, `${what}: mutation`, entry.mutationId, row.mutationId);
  return found;
}

/**
 * Rows of the entries that the ledger does not have, unless they wait in quarantine; and what the rows
 * that it has prove to be altered elsewhere.
 */
async function missing(
  sql: Sql | Transaction,
  input: VerifyInput,
  reads: readonly ReadEntry[],
  what: string,
): Promise<Difference[]> {
  const rows = reads.flatMap(({ entry, contentHash }) =>
    entry === undefined
      ? []
      : entry.rows.map((row, index) => ({
          ...row,
          entry,
          id: entryId(entry.mutationId, index),
          mutationId: entry.mutationId,
          contentHash: contentHash.toString('hex'),
        })),
  );
  const stored = await storedRows(
    sql,
    rows.map(({ id }) => id),
  );
  const own = rows.filter(({ walletId }) => concerns(input, walletId));
  const isThere = ({ id, walletId, contentHash }: (typeof rows)[number]) => {
    const row = stored.get(id);
    return row?.walletId === walletId && row.contentHash === contentHash;
  };
  const lost = own.filter((row) => !isThere(row));
  // One that was put on top of the ledger by a release has another sequence than its entry.
  const proven = own
    .filter((row) => isThere(row) && stored.get(row.id)?.sequence === row.sequence)
    .map(({ wallet, ...row }) => ({ ...row, state: wallet }));
  const waiting = await waitingMutations(
    sql,
    lost.map(({ mutationId }) => mutationId),
  );
  const { found, report } = collector();
  for (const { id, walletId, sequence, kind, mutationId, contentHash } of lost) {
    if (waiting.has(mutationId)) continue;
    const detail = `${kind} at sequence ${sequence} of its wallet`;
    const hash = stored.get(id)?.contentHash ?? 'nothing';
    const other = hash === contentHash ? 'in another wallet' : hash;
    report(walletId, what, contentHash, other, { entryId: id, detail });
  }
  return [...found, ...(await alteredImages(sql, proven))];
}

interface StoredRow {
  id: string;
  walletId: string;
  sequence: number;
  /** Hex. */
  contentHash: string;
}

async function storedRows(sql: Sql | Transaction, ids: string[]): Promise<Map<string, StoredRow>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<StoredRow[]>`
    SELECT id, wallet_id AS "walletId", sequence, encode(content_hash, 'hex') AS "contentHash"
    FROM ledger_entries WHERE id = ANY(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

async function waitingMutations(
  sql: Sql | Transaction,
  mutationIds: string[],
): Promise<Set<string>> {
  if (mutationIds.length === 0) return new Set();
  const rows = await sql<{ id: string }[]>`
    SELECT mutation_id AS id FROM ledger_quarantine
    WHERE released_at IS NULL AND kind <> 'natural_key'
      AND mutation_id = ANY(${mutationIds}::text[])`;
  return new Set(rows.map(({ id }) => id));
}
