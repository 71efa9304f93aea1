// The surviving journal, handed to Postgres page by page: what is after the cursor is committed, what is
// at or before it is compared with the stored rows.

import type { Redis } from 'ioredis';
import { keys } from '../keys.ts';
import type { JournalItem, RecoverySource } from '../recovery-source.ts';

const PAGE = 500;

export interface Drain {
  readonly cursor: string;
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
  let start = '-';
  for (;;) {
    const page = await pageOf(redis, partition, start);
    const last = page.at(-1);
    if (!last) return { cursor, count, forked: [...forked] };
    const drained = await recovery.drain(partition, page, epoch);
    for (const wallet of drained.forkedWallets) forked.add(wallet);
    cursor = drained.cursor;
    count += page.length;
    start = `(${last.id}`;
  }
}

async function pageOf(redis: Redis, partition: number, start: string): Promise<JournalItem[]> {
  const raw = await redis.xrangeBuffer(keys.journal(partition), start, '+', 'COUNT', PAGE);
  return raw.map(([id, fields]) => ({
    id: id.toString(),
    payload: Buffer.from(fields[1] ?? Buffer.alloc(0)),
  }));
}
