/**
 * Where a flusher process is in each partition's stream: committed in Postgres, and read ahead.
 *
 * Entries may be flushed only if they follow what is committed without a hole. A partition that was
 * lost and taken back between reading and flushing fails that test, and is read again.
 */
import type { JournalPosition } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import type { ReadEntry, StreamEntry } from './entry.ts';
import type { CursorMove } from './statements.ts';

/** How far a partition is in the ledger. */
export interface Committed {
  partition: number;
  streamId: string;
}

interface Position {
  epoch: number;
  committed: string;
  read: string;
}

/** Entries of one partition in stream order, decoded or not yet, and the stream id they follow. */
export interface Run<E extends StreamEntry = ReadEntry> {
  partition: number;
  after: string;
  entries: readonly E[];
}

export class Positions {
  readonly #positions = new Map<number, Position>();

  /** Takes up newly held partitions and drops lost ones. @returns cursors of the new ones. */
  async follow(sql: Sql, held: ReadonlySet<number>): Promise<Committed[]> {
    for (const partition of this.#positions.keys()) {
      if (!held.has(partition)) this.#positions.delete(partition);
    }
    const added = [...held].filter((partition) => !this.#positions.has(partition));
    if (added.length === 0) return [];
    const rows = await sql<(Committed & { epoch: number })[]>`
      SELECT partition, stream_id AS "streamId", epoch FROM journal_cursors
      WHERE partition = ANY(${added}::int[])`;
    for (const { partition, streamId, epoch } of rows) {
      this.#positions.set(partition, { epoch, committed: streamId, read: streamId });
    }
    return rows;
  }

  has(partition: number): boolean {
    return this.#positions.has(partition);
  }

  /** Where to read on. */
  next(): JournalPosition[] {
    return [...this.#positions].map(([partition, { read }]) => ({ partition, after: read }));
  }

  /** Notes what was read. */
  advanceRead(partition: number, id: string): void {
    const position = this.#positions.get(partition);
    if (position !== undefined) position.read = id;
  }

  follows({ partition, after }: Run<StreamEntry>): boolean {
    return this.#positions.get(partition)?.committed === after;
  }

  /** The cursor moves that committing these runs makes. */
  moves(runs: readonly Run[]): CursorMove[] {
    return runs.flatMap(({ partition, entries }) => {
      const position = this.#positions.get(partition);
      const to = entries.at(-1)?.id;
      if (position === undefined || to === undefined) return [];
      return [{ partition, epoch: position.epoch, from: position.committed, to }];
    });
  }

  commit(moves: readonly CursorMove[]): void {
    for (const { partition, to } of moves) {
      const position = this.#positions.get(partition);
      if (position !== undefined) position.committed = to;
    }
  }

  /** Forgets a partition, so that its cursor is read again from Postgres. */
  forget(partition: number): void {
    this.#positions.delete(partition);
  }

  clear(): void {
    this.#positions.clear();
  }
}
