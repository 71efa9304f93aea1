// The journal from the flusher's side: reading it in order, marking what is committed, trimming it.

import type { Redis } from 'ioredis';
import { committedScript, trimScript } from './generated/index.ts';
import type { JournalEntry } from './generated/layouts.ts';
import { itemOf, type JournalNode, readJournals } from './journal-read.ts';
import { keys } from './keys.ts';
import { byNode, type Member, type Nodes } from './nodes/nodes.ts';
import type { JournalItem } from './recovery-source.ts';
import { translated, translateRedisError } from './redis-errors.ts';
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
  /**
   * Whether the partition's master answers now and has all of its keys; otherwise nothing should be
   * asked of it.
   */
  reachable(partition: number): boolean;
  /** At most `count` entries of each partition; waits up to `blockMs` while all are empty (0: not at all). */
  read(
    positions: readonly JournalPosition[],
    count: number,
    blockMs: number,
  ): Promise<JournalBatch[]>;
  /** Entries from `start` to `end` inclusive ('-', '+', or `(<id>` for exclusive), oldest first. */
  range(partition: number, start: string, end: string, count: number): Promise<JournalItem[]>;
  /**
   * Tells Redis how far Postgres has committed. Call only after the commit. A Redis whose memory is
   * full takes it, or it could never be trimmed again.
   * @throws OutageError `engine_full` when Redis cannot write its file
   */
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

export function createJournal(nodes: Nodes<JournalNode>, runner: Runner): Journal {
  return {
    reachable: (partition) => isReachable(nodes, partition),

    read: (positions, count, blockMs) => readJournals(nodes, positions, count, blockMs),

    range: (partition, start, end, count) => rangeOf(nodes, partition, start, end, count),

    async setCommitted(positions) {
      const told = byNode(nodes, positions).map(([{ redis }, own]) => tellCommitted(redis, own));
      await Promise.all(told);
    },

    async committed(partition) {
      const { redis } = nodes.of(partition);
      return (await translated(redis.get(keys.committed(partition)))) ?? '0-0';
    },

    trim: ({ partition, beforeId, ttlMs, entries }) =>
      runner.run(
        partition,
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

/** Entries of one partition; see `Journal.range`. */
export async function rangeOf(
  nodes: Pick<Nodes<Member>, 'of'>,
  partition: number,
  start: string,
  end: string,
  count: number,
): Promise<JournalItem[]> {
  const { redis } = nodes.of(partition);
  const journal = keys.journal(partition);
  const raw = await translated(redis.callBuffer('XRANGE', journal, start, end, 'COUNT', count));
  return (raw as [Buffer, Buffer[]][]).map(itemOf);
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

function isReachable(nodes: Nodes<JournalNode>, partition: number): boolean {
  // The only master there is: whoever asks it meets the outage and waits.
  if (nodes.spans) return true;
  const node = nodes.find(partition);
  const answers = node?.answering === true && node.redis.status === 'ready';
  return answers && !nodes.moving(partition);
}

async function tellCommitted(
  redis: Redis,
  positions: readonly { partition: number; streamId: string }[],
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const { partition, streamId } of positions) {
    const names = committedScript.keys({ committed: keys.committed(partition) });
    const args = committedScript.args({ streamId });
    pipeline.call('EVAL', committedScript.source, names.length, ...names, ...args);
  }
  const results = await translated(pipeline.exec());
  const failed = results?.find(([error]) => error !== null);
  if (failed) throw translateRedisError(failed[0]);
}
