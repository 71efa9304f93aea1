/** Reads the ledger, plans the batch, commits it; narrows down what Postgres cannot take. */
import type { KeyObject } from 'node:crypto';
import type { Sql } from '../connect.ts';
import { type Batch, planBatch } from './batch.ts';
import { type Checkpoint, commitBatch } from './commit.ts';
import type { ReadEntry } from './entry.ts';
import type { Followers } from './followers.ts';
import type { Committed, Run } from './positions.ts';
import { readLedger } from './read-ledger.ts';
import { halves } from './runs.ts';
import type { CursorMove } from './statements.ts';

export interface FlushContext {
  sql: Sql;
  chainKey: KeyObject;
  checkpoint?: Checkpoint | undefined;
  /** The entries may have been read before; see `readLedger`. */
  again?: boolean;
  /** What is written in the batch's own transaction besides the ledger. */
  followers?: Followers | undefined;
}

export interface Flushed {
  entries: ReadEntry[];
  batch: Batch;
  /** Natural keys that another mutation had first. */
  keyConflicts: number;
  /** The stream id each partition is committed up to now. */
  committed: Committed[];
}

/** Where the cursors are and will be; what a commit has moved is noted here. */
export interface Cursors {
  moves(runs: readonly Run[]): CursorMove[];
  commit(moves: readonly CursorMove[]): void;
}

/**
 * Flushes runs of entries.
 *
 * A batch that breaks a constraint is halved until the one entry is found that does; that entry
 * goes into quarantine, so that it cannot stop everybody else's money.
 * @throws StaleBatch, or the driver's error when Postgres is away
 */
export async function flush(
  context: FlushContext,
  runs: readonly Run[],
  cursors: Cursors,
): Promise<Flushed[]> {
  const entries = runs.flatMap((run) => run.entries);
  if (entries.length === 0) return [];
  try {
    return [await commitRuns(context, runs, entries, cursors)];
  } catch (error) {
    if (!isDataError(error)) throw error;
    if (entries.length > 1) {
      const flushed: Flushed[] = [];
      for (const half of halves(runs)) flushed.push(...(await flush(context, half, cursors)));
      return flushed;
    }
    const hash = entries[0]?.contentHash.toString('hex') ?? '';
    return [await commitRuns(context, runs, entries, cursors, new Map([[hash, error.message]]))];
  }
}

async function commitRuns(
  { sql, chainKey, checkpoint, again, followers }: FlushContext,
  runs: readonly Run[],
  entries: ReadEntry[],
  cursors: Cursors,
  rejected?: ReadonlyMap<string, string>,
): Promise<Flushed> {
  const moves = cursors.moves(runs);
  const batch = planBatch(entries, await readLedger(sql, entries, again), chainKey, rejected);
  const compared = isEmpty(batch) && moves.every(({ from, to }) => from === to);
  const keyConflicts = compared
    ? 0
    : await commitBatch(sql, batch, moves, { checkpoint, followers });
  cursors.commit(moves);
  const committed = moves.map(({ partition, to }) => ({ partition, streamId: to }));
  return { entries, batch, keyConflicts, committed };
}

/** All its entries are in the ledger already: what a recovery finds of a journal that was committed. */
function isEmpty({ rows, holds, naturalKeys, quarantine }: Batch): boolean {
  return rows.length + holds.size + naturalKeys.length + quarantine.length === 0;
}

/** SQLSTATE classes 22 (data) and 23 (constraint): the same batch would fail again. */
function isDataError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^2[23]...$/.test(error.code)
  );
}
