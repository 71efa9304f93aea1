/**
 * Trims the journal: only what is committed AND old enough goes, and in the same fenced script the
 * records it made (answers, tombstones, refund counts) get their time to live. Nothing that is not
 * in Postgres ever has one (I14).
 *
 * Old entries stay a while because Postgres may come back older than the cursor (failover,
 * restore): the journal is then replayed from where Postgres is.
 */
import type { Journal, JournalItem } from '../engine/index.ts';
import { compareStreamIds, readEntry } from './flusher/entry.ts';
import { wakeableSleep } from './flusher/sleep.ts';

export interface RetentionInput {
  journal: Pick<Journal, 'range' | 'committed' | 'trim'>;
  /** The partitions to trim: those this process flushes. */
  held: () => ReadonlySet<number>;
  /** How old a committed entry must be, in ms; default 15 min (RINGFENCE_JOURNAL_RETENTION_MS). */
  retentionMs?: number;
  /** How long the records of a trimmed entry live on; default 72 h (RINGFENCE_HOT_RECORDS_MS). */
  hotRecordsMs?: number;
  /** Whether Redis is short of room: then all that is committed goes, however young. */
  pressed?: () => boolean;
  /** Pause between rounds, in ms. */
  everyMs?: number;
  onError?: (error: unknown) => void;
}

export const JOURNAL_RETENTION_MS = 15 * 60_000;
export const HOT_RECORDS_MS = 72 * 3_600_000;

/** The cursor of a partition that has committed nothing. */
const NOTHING = '0-0';
const EVERY_MS = 5_000;
const PAGE = 500;
/** Most pages of one partition in one round, so that none starves the others. */
const PAGES_MAX = 20;

/** Starts trimming. @returns how to stop it; resolves when the round under way has ended. */
export function startRetention(input: RetentionInput): () => Promise<void> {
  const sleep = wakeableSleep();
  let stopped = false;
  async function run(): Promise<void> {
    while (!stopped) {
      for (const partition of input.held()) {
        if (stopped) break;
        await trimPartition(input, partition, Date.now()).catch((error) => input.onError?.(error));
      }
      if (!stopped) await sleep.sleep(input.everyMs ?? EVERY_MS);
    }
  }
  const ended = run();
  return () => {
    stopped = true;
    sleep.wake();
    return ended;
  };
}

/** One round of one partition. @returns the number of entries trimmed. */
export async function trimPartition(
  input: RetentionInput,
  partition: number,
  nowMs: number,
): Promise<number> {
  const { journal, hotRecordsMs = HOT_RECORDS_MS } = input;
  const retentionMs = input.pressed?.() ? 0 : (input.retentionMs ?? JOURNAL_RETENTION_MS);
  const committed = await journal.committed(partition);
  const old = `${Math.max(0, nowMs - retentionMs)}-0`;
  const limit = compareStreamIds(committed, old) < 0 ? committed : old;
  if (limit === NOTHING) return 0;
  let trimmed = 0;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const items = await journal.range(partition, '-', `(${limit}`, PAGE);
    const last = items.at(-1);
    if (last === undefined) break;
    const beforeId = items.length < PAGE ? limit : after(last);
    const entries = items.flatMap((item) => decoded(partition, item));
    const answer = await journal.trim({ partition, beforeId, ttlMs: hotRecordsMs, entries });
    if (answer.status !== 'trimmed') break;
    trimmed += answer.count;
    if (items.length < PAGE) break;
  }
  return trimmed;
}

/** The next id a stream could have: everything up to and with the item is before it. */
function after({ id }: JournalItem): string {
  const [ms = '0', n = '0'] = id.split('-');
  return `${ms}-${BigInt(n) + 1n}`;
}

function decoded(partition: number, item: JournalItem) {
  const { entry } = readEntry(partition, item);
  return entry === undefined ? [] : [entry];
}
