/** Recovery's way into the ledger: the same commit as the flusher's, for one page of a partition. */
import { type JournalItem, OutageError } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { orOutage } from '../postgres-errors.ts';
import { StaleBatch } from './commit.ts';
import { compareStreamIds, readEntry } from './entry.ts';
import { type Cursors, type FlushContext, type Flushed, flush } from './flush.ts';
import { isStored } from './judge.ts';
import { readLedger } from './read-ledger.ts';

/**
 * Commits what is after the cursor; what is at or before it must be in the ledger already, word by
 * word, or it goes into quarantine.
 * @throws OutageError `recovering` when another recovery has raised the epoch
 */
export async function drain(
  context: FlushContext,
  partition: number,
  items: readonly JournalItem[],
  epoch: number,
): Promise<{ cursor: string; forkedWallets: string[] }> {
  const [row] = await orOutage(context.sql<{ cursor: string }[]>`
    SELECT stream_id AS cursor FROM journal_cursors
    WHERE partition = ${partition} AND epoch = ${epoch}`);
  if (row === undefined) throw new OutageError('recovering');
  const cursors = forwardOnly(partition, epoch, row.cursor);
  const entries = items.map((item) => readEntry(partition, item));
  try {
    const run = { partition, after: row.cursor, entries };
    const flushed = await orOutage(flush({ ...context, again: true }, [run], cursors));
    return { cursor: cursors.cursor(), forkedWallets: forkedBy(flushed) };
  } catch (error) {
    if (error instanceof StaleBatch) throw new OutageError('recovering', { cause: error });
    throw error;
  }
}

/** The newest of these entries that has rows, if the ledger has the rows of all of them; see RecoverySource. */
export async function settled(
  sql: Sql,
  partition: number,
  items: readonly JournalItem[],
): Promise<string | undefined> {
  const moving = items
    .map((item) => readEntry(partition, item))
    .filter(({ entry }) => entry === undefined || entry.rows.length > 0);
  if (moving.length === 0) return undefined;
  const { stored } = await orOutage(readLedger(sql, moving));
  const known = moving.every(
    ({ entry, contentHash }) => entry && isStored(entry, contentHash, stored),
  );
  return known ? moving.at(-1)?.id : undefined;
}

/** A cursor that stays where it is for entries before it. */
function forwardOnly(
  partition: number,
  epoch: number,
  start: string,
): Cursors & { cursor(): string } {
  let cursor = start;
  return {
    cursor: () => cursor,
    moves(runs) {
      const last = runs.at(-1)?.entries.at(-1)?.id ?? cursor;
      const to = compareStreamIds(last, cursor) > 0 ? last : cursor;
      return [{ partition, epoch, from: cursor, to }];
    },
    commit(moves) {
      cursor = moves.at(-1)?.to ?? cursor;
    },
  };
}

/** Others that are set aside are only ahead of the ledger: what they did in Redis is not undone. */
function forkedBy(flushed: readonly Flushed[]): string[] {
  const forks = flushed
    .flatMap(({ batch }) => batch.quarantine)
    .filter(({ kind }) => kind === 'fork');
  return [...new Set(forks.flatMap(({ walletIds }) => walletIds))];
}
