// Admission of NEW holds and charges: refused while the ledger is too far behind or memory is short.
// What ends things (extend of calls, capture, void, settle) is never refused here.

import type { Redis } from 'ioredis';
import { type Backlog, createBacklog } from './backlog.ts';
import { type ErrorCode, OutageError } from './errors.ts';
import { keys } from './keys.ts';

export interface GuardLimits {
  /** Oldest entry not yet in the ledger, in ms; default 900,000. */
  readonly backlogMaxAgeMs: number;
  /** Entries in all journals that are not in the ledger yet; default 2,000,000. */
  readonly backlogMaxEntries: number;
  /** Share of maxmemory from which new work is refused; default 0.85. */
  readonly memoryMaxShare: number;
  readonly pollMs: number;
}

export const GUARD_DEFAULTS: GuardLimits = {
  backlogMaxAgeMs: 900_000,
  backlogMaxEntries: 2_000_000,
  memoryMaxShare: 0.85,
  pollMs: 1_000,
};

export interface BacklogGauge {
  readonly oldestAgeMs: number;
  readonly entries: number;
  readonly memoryShare: number;
}

export interface Guard {
  admit(partition: number): void;
  gauge(): BacklogGauge;
  stop(): void;
}

/** @param refused told of each admission that was not given, with its code */
export function createGuard(
  redis: Redis,
  partitions: number,
  limits: GuardLimits,
  refused?: (code: ErrorCode) => void,
): Guard {
  let refusal: ErrorCode | undefined;
  let gauge: BacklogGauge = { oldestAgeMs: 0, entries: 0, memoryShare: 0 };
  const backlogs = Array.from({ length: partitions }, createBacklog);
  let busy = false;

  async function poll(): Promise<void> {
    gauge = await measure(redis, partitions, backlogs);
    const late =
      gauge.oldestAgeMs > limits.backlogMaxAgeMs || gauge.entries > limits.backlogMaxEntries;
    if (gauge.memoryShare >= limits.memoryMaxShare) refusal = 'engine_full';
    else refusal = late ? 'ledger_backlogged' : undefined;
  }

  const timer = setInterval(() => {
    if (busy || redis.status !== 'ready') return;
    busy = true;
    // A failed poll keeps the last judgement; operations meet the outage themselves.
    poll()
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, limits.pollMs);
  timer.unref();

  return {
    admit() {
      if (refusal === undefined) return;
      refused?.(refusal);
      throw new OutageError(refusal, { retryAfterMs: 5_000 });
    },
    gauge: () => gauge,
    stop: () => clearInterval(timer),
  };
}

/** One partition's journal as XINFO STREAM tells it, flat: name, value, name, value. */
type StreamInfo = readonly unknown[];

async function measure(
  redis: Redis,
  partitions: number,
  backlogs: readonly Backlog[],
): Promise<BacklogGauge> {
  const all = Array.from({ length: partitions }, (_, p) => p);
  const committed = await redis.mget(all.map((p) => keys.committed(p)));
  const pipeline = redis.pipeline();
  pipeline.time();
  pipeline.info('memory');
  for (const p of all) {
    pipeline.call('XINFO', 'STREAM', keys.journal(p));
    pipeline.xrange(keys.journal(p), `(${committed[p] ?? '0-0'}`, '+', 'COUNT', 1);
  }
  const replies = (await pipeline.exec()) ?? [];
  const [time, memory, ...rest] = replies.map(([, value]) => value);
  const nowMs = Number((time as string[] | undefined)?.[0] ?? 0) * 1000;
  let entries = 0;
  let oldestAgeMs = 0;
  for (const p of all) {
    const info = rest[2 * p] as StreamInfo | undefined;
    const first = (rest[2 * p + 1] as [string, string[]][] | undefined)?.[0]?.[0];
    const uncommitted = backlogs[p]?.see(
      committed[p] ?? '0-0',
      String(infoField(info, 'last-generated-id') ?? '0-0'),
      Number(infoField(info, 'entries-added') ?? 0),
    );
    if (!first) continue;
    entries += uncommitted ?? 0;
    oldestAgeMs = Math.max(oldestAgeMs, nowMs - Number(first.split('-')[0]));
  }
  return { oldestAgeMs, entries, memoryShare: memoryShare(String(memory ?? '')) };
}

function infoField(info: StreamInfo | undefined, name: string): unknown {
  const at = info?.indexOf(name) ?? -1;
  return at < 0 ? undefined : info?.[at + 1];
}

function memoryShare(info: string): number {
  const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
  const max = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
  return max > 0 ? used / max : 0;
}
