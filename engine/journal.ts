// The journal from the flusher's side: reading it in order, marking what is committed, trimming it.

import type { Redis } from 'ioredis';
import { trimScript } from './generated/index.ts';
import type { JournalEntry } from './generated/layouts.ts';
import { keys } from './keys.ts';
import type { JournalItem } from './recovery-source.ts';
import { translateRedisError } from './redis-errors.ts';
import type { Runner } from './runner.ts';

export interface JournalPosition {
  readonly partition: number;
  /** Read entries after this stream id; '0-0' from the start. */
  readonly after: string;
}

export interface JournalBatch {
  readonly partition: number;
  readonly items: readonly JournalItem[];
}

export interface Journal {
  /** At most `count` entries of each partition; waits up to `blockMs` while all are empty (0: not at all). */
  read(
    positions: readonly JournalPosition[],
    count: number,
    blockMs: number,
  ): Promise<JournalBatch[]>;
  /** Entries from `start` to `end` inclusive ('-', '+', or `(<id>` for exclusive), oldest first. */
  range(partition: number, start: string, end: string, count: number): Promise<JournalItem[]>;
  /** Tells Redis how far Postgres has committed. Call only after the commit. */
  setCommitted(positions: readonly { partition: number; streamId: string }[]): Promise<void>;
  committed(partition: number): Promise<string>;
  /**
   * Drops entries with an id below `beforeId`, all of them committed, and gives the records they made
   * (answers, tombstones, refund counts) `ttlMs` to live.
   */
  trim(input: {
    partition: number;
    beforeId: string;
    ttlMs: number;
    entries: readonly JournalEntry[];
  }): Promise<{ status: 'trimmed'; count: number } | { status: 'not_committed' }>;
}

/** RESP3 answers a map, which the client hands over flat: stream, items, stream, items. */
type RawStreams = (Buffer | [Buffer, Buffer[]][])[] | null;

export function createJournal(redis: Redis, blocking: Redis, runner: Runner): Journal {
  return {
    async read(positions, count, blockMs) {
      if (positions.length === 0) return [];
      const block = blockMs > 0 ? ['BLOCK', blockMs] : [];
      const streams = positions.map((at) => keys.journal(at.partition));
      const args = [
        'COUNT',
        count,
        ...block,
        'STREAMS',
        ...streams,
        ...positions.map((p) => p.after),
      ];
      const raw = (await translated(blocking.callBuffer('XREAD', ...args))) as RawStreams;
      const byStream = new Map(positions.map((at, i) => [streams[i], at.partition]));
      return (raw ?? []).flatMap((stream, i) => {
        const items = raw?.[i + 1];
        if (!Buffer.isBuffer(stream) || !Array.isArray(items)) return [];
        const partition = byStream.get(stream.toString());
        return partition === undefined ? [] : [{ partition, items: items.map(itemOf) }];
      });
    },

    async range(partition, start, end, count) {
      const raw = await translated(
        redis.callBuffer('XRANGE', keys.journal(partition), start, end, 'COUNT', count),
      );
      return (raw as [Buffer, Buffer[]][]).map(itemOf);
    },

    async setCommitted(positions) {
      const pipeline = redis.pipeline();
      for (const at of positions) pipeline.set(keys.committed(at.partition), at.streamId);
      const results = await translated(pipeline.exec());
      const failed = results?.find(([error]) => error !== null);
      if (failed) throw translateRedisError(failed[0]);
    },

    async committed(partition) {
      return (await translated(redis.get(keys.committed(partition)))) ?? '0-0';
    },

    trim: ({ partition, beforeId, ttlMs, entries }) =>
      runner.run(
        trimScript,
        {
          partition: keys.partition(partition),
          journal: keys.journal(partition),
          committed: keys.committed(partition),
          records: entries.flatMap((entry) => recordsOf(partition, entry)),
        },
        { beforeId, ttlMs },
      ),
  };
}

/** The Redis keys that an entry's mutation left behind for replays. */
function recordsOf(partition: number, entry: JournalEntry): { record: string }[] {
  const records: string[] = [];
  if (entry.requestKind !== '') {
    records.push(keys.request(partition, entry.requestScope, entry.requestKind, entry.requestKey));
  }
  if (entry.hold && entry.hold.closedAtMs > 0) records.push(keys.hold(partition, entry.holdId));
  const refunds = entry.operation === 'credit' ? refundedEntry(entry.memo) : undefined;
  if (refunds) records.push(keys.refund(partition, refunds));
  return records.map((record) => ({ record }));
}

/** A memo that is not JSON names nothing; it must not keep its partition from being trimmed. */
function refundedEntry(memo: string): string | undefined {
  return /"refunds":"(ent_[0-9a-z]+)"/.exec(memo)?.[1];
}

function itemOf([id, fields]: [Buffer, Buffer[]]): JournalItem {
  return { id: id.toString(), payload: fields[1] ?? Buffer.alloc(0) };
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translateRedisError(error);
  }
}
