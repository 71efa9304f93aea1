// Reading the journals of many partitions. One Redis waits for all of them in a single XREAD BLOCK. A
// cluster refuses a command that names keys of several slots, and a connection can wait for one command
// only, so there each master is asked for each of its journals in one pipeline, again and again until
// something is found.

import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { JournalBatch, JournalPosition } from './journal.ts';
import { keys } from './keys.ts';
import { byNode, type Member, type Nodes } from './nodes/nodes.ts';
import { within } from './nodes/within.ts';
import type { JournalItem } from './recovery-source.ts';
import { isElsewhere, translated, translateRedisError } from './redis-errors.ts';

export interface JournalNode extends Member {
  /** For reads that may wait or be large, so that no operation queues behind them. */
  readonly reading: Redis;
  /** Its last look was answered in time. */
  readonly answering: boolean;
}

/** First pause between two rounds of a cluster, doubled up to the longest. */
const POLL_MS_MIN = 2;
const POLL_MS_MAX = 25;
/** Many partitions are asked less often: an idle flusher stays under 2,500 reads a second. */
const POLL_MS_PER_PARTITION = 0.4;
/** A master that hangs must not keep the journals of the others waiting. */
const ROUND_MS_MAX = 1_000;

/** RESP3 answers a map, which the client hands over flat: stream, items, stream, items. */
type RawStreams = (Buffer | RawItem[])[] | null;
type RawItem = [Buffer, Buffer[]];

/** At most `count` entries of each partition; waits up to `blockMs` while all are empty (0: not at all). */
export async function readJournals(
  nodes: Nodes<JournalNode>,
  positions: readonly JournalPosition[],
  count: number,
  blockMs: number,
): Promise<JournalBatch[]> {
  const [first] = positions;
  if (first === undefined) return [];
  if (nodes.spans) {
    const block = blockMs > 0 ? ['BLOCK', blockMs] : [];
    const command = readCommand(positions, ['COUNT', count, ...block]);
    const raw = await translated(nodes.of(first.partition).reading.callBuffer('XREAD', ...command));
    return batchesOf(raw as RawStreams, positions);
  }
  const untilMs = performance.now() + blockMs;
  const longestMs = Math.max(POLL_MS_MAX, positions.length * POLL_MS_PER_PARTITION);
  for (let waitMs = POLL_MS_MIN; ; waitMs = Math.min(longestMs, waitMs * 2)) {
    const found = await readRound(nodes, positions, count);
    const leftMs = untilMs - performance.now();
    if (found.length > 0 || leftMs <= 0) return found;
    await pause(Math.min(waitMs, leftMs));
  }
}

async function readRound(
  nodes: Nodes<JournalNode>,
  positions: readonly JournalPosition[],
  count: number,
): Promise<JournalBatch[]> {
  const read = byNode(nodes, positions).map(async ([{ reading }, own]) => {
    const pipeline = reading.pipeline();
    for (const at of own) pipeline.callBuffer('XREAD', ...readCommand([at], ['COUNT', count]));
    const replies = await within(pipeline.exec(), ROUND_MS_MAX);
    return (replies ?? []).flatMap(([error, raw], i) => {
      if (error) {
        if (isElsewhere(error)) void nodes.refresh();
        throw translateRedisError(error);
      }
      return batchesOf(raw as RawStreams, own.slice(i, i + 1));
    });
  });
  return (await Promise.all(read)).flat();
}

function readCommand(positions: readonly JournalPosition[], options: readonly (string | number)[]) {
  const streams = positions.map((at) => keys.journal(at.partition));
  return [...options, 'STREAMS', ...streams, ...positions.map((at) => at.after)];
}

function batchesOf(raw: RawStreams, positions: readonly JournalPosition[]): JournalBatch[] {
  const byStream = new Map(positions.map((at) => [keys.journal(at.partition), at.partition]));
  return (raw ?? []).flatMap((stream, i) => {
    const items = raw?.[i + 1];
    if (!Buffer.isBuffer(stream) || !Array.isArray(items)) return [];
    const partition = byStream.get(stream.toString());
    return partition === undefined ? [] : [{ partition, items: items.map(itemOf) }];
  });
}

export function itemOf([id, fields]: RawItem): JournalItem {
  return { id: id.toString(), payload: fields[1] ?? Buffer.alloc(0) };
}
