// The surviving journal, handed to Postgres page by page: what is after the cursor is committed, what is
// at or before it is compared with the stored rows.
//
//   - kept for the case that Postgres goes back -|- unsettled -|
//   ...................................... settled | cursor | ..... end
//
// Where to begin is looked for from the end. A journal is a beginning of what the ledger saw, and after
// it, if its master went on without it (an isolated master), entries of its own: so whatever comes before
// entries that the ledger has, word by word, it has as well. Without this a recovery would take the longer
// the more committed entries are still kept.

import type { Redis } from 'ioredis';
import { keys } from '../keys.ts';
import type { JournalItem, RecoverySource } from '../recovery-source.ts';

const PAGE = 500;
/** Entries at a time that are looked for in the ledger, doubled up to a page. */
const LOOK = 50;

export interface Drain {
  readonly cursor: string;
  /** Entries that were committed or compared. */
  readonly count: number;
  readonly forked: readonly string[];
}

export async function drainJournal(
  redis: Redis,
  recovery: RecoverySource,
  partition: number,
  epoch: number,
  from: string,
): Promise<Drain> {
  const forked = new Set<string>();
  let cursor = from;
  let count = 0;
  let start = await settledUpTo(redis, recovery, partition, from);
  for (;;) {
    const page = await pageOf(redis, partition, start);
    const last = page.at(-1);
    if (!last) break;
    const drained = await recovery.drain(partition, page, epoch);
    for (const wallet of drained.forkedWallets) forked.add(wallet);
    cursor = drained.cursor;
    count += page.length;
    if (page.length < PAGE) break;
    start = `(${last.id}`;
  }
  return { cursor, count, forked: [...forked] };
}

/** Where to begin: behind the newest entries, at or before the cursor, that the ledger has all. */
async function settledUpTo(
  redis: Redis,
  recovery: RecoverySource,
  partition: number,
  cursor: string,
): Promise<string> {
  let end = cursor;
  for (let look = LOOK; ; look = Math.min(PAGE, look * 2)) {
    const raw = await redis.xrevrangeBuffer(keys.journal(partition), end, '-', 'COUNT', look);
    const newestFirst = raw.map(itemOf);
    const oldest = newestFirst.at(-1);
    if (!oldest) return '-';
    const settled = await recovery.settled(partition, newestFirst.toReversed());
    if (settled !== undefined) return `(${settled}`;
    end = `(${oldest.id}`;
  }
}

async function pageOf(redis: Redis, partition: number, start: string): Promise<JournalItem[]> {
  const raw = await redis.xrangeBuffer(keys.journal(partition), start, '+', 'COUNT', PAGE);
  return raw.map(itemOf);
}

function itemOf([id, fields]: [Buffer, Buffer[]]): JournalItem {
  return { id: id.toString(), payload: Buffer.from(fields[1] ?? Buffer.alloc(0)) };
}
