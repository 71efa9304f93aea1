/**
 * Mutations that must be in the ledger because something else remembers them: rows that were cut off
 * the end of a wallet leave a valid chain behind, but the keys of their requests and the journal,
 * which keeps what is committed for a while, still name them.
 */
import { entryId } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { type ReadEntry, readEntry } from '../flusher/entry.ts';
import { transaction } from '../transaction.ts';
import { collector, type Difference } from './difference.ts';
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
          SELECT scope, kind, key, payload FROM natural_keys
          WHERE (scope, kind, key) > (${scope}, ${kind}, ${key})
            AND (${since}::timestamptz IS NULL OR created_at >= ${since}::timestamptz)
            AND (${only}::text[] IS NULL OR scope IN (
              SELECT id FROM organizations WHERE root_id IN (
                SELECT root_id FROM wallets WHERE id = ANY(${only}::text[]))))
          ORDER BY scope, kind, key LIMIT ${PAGE}`;
        const entries = rows.map(({ payload }) => readEntry(0, { id: '', payload }));
        return { rows, found: await missing(tx, input, entries, 'row of a request') };
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

/** Rows of the entries that the ledger does not have, unless they wait in quarantine. */
async function missing(
  sql: Sql | Transaction,
  input: VerifyInput,
  reads: readonly ReadEntry[],
  what: string,
): Promise<Difference[]> {
  const rows = reads.flatMap(({ entry, contentHash }) =>
    (entry?.rows ?? []).map((row, index) => ({
      ...row,
      id: entryId(entry?.mutationId ?? '', index),
      mutationId: entry?.mutationId ?? '',
      contentHash: contentHash.toString('hex'),
    })),
  );
  const stored = await storedHashes(
    sql,
    rows.map(({ id }) => id),
  );
  const lost = rows.filter(
    ({ id, walletId, contentHash }) =>
      concerns(input, walletId) && stored.get(id) !== `${walletId} ${contentHash}`,
  );
  const waiting = await waitingMutations(
    sql,
    lost.map(({ mutationId }) => mutationId),
  );
  const { found, report } = collector();
  for (const { id, walletId, sequence, kind, mutationId, contentHash } of lost) {
    if (waiting.has(mutationId)) continue;
    const detail = `${kind} at sequence ${sequence} of its wallet`;
    const [, hash = 'nothing'] = stored.get(id)?.split(' ') ?? [];
    const other = hash === contentHash ? 'in another wallet' : hash;
    report(walletId, what, contentHash, other, { entryId: id, detail });
  }
  return found;
}

async function storedHashes(sql: Sql | Transaction, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<{ id: string; walletId: string; contentHash: Buffer }[]>`
    SELECT id, wallet_id AS "walletId", content_hash AS "contentHash" FROM ledger_entries
    WHERE id = ANY(${ids}::text[])`;
  return new Map(
    rows.map(({ id, walletId, contentHash }) => [id, `${walletId} ${contentHash.toString('hex')}`]),
  );
}

async function waitingMutations(
  sql: Sql | Transaction,
  mutationIds: string[],
): Promise<Set<string>> {
  if (mutationIds.length === 0) return new Set();
  const rows = await sql<{ id: string }[]>`
    SELECT mutation_id AS id FROM ledger_quarantine
    WHERE released_at IS NULL AND mutation_id = ANY(${mutationIds}::text[])`;
  return new Set(rows.map(({ id }) => id));
}
