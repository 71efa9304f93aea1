// Admission of NEW holds and charges: refused while the ledger is too far behind or memory is short.
// What ends things (extend of calls, capture, void, settle) is never refused here.

import type { Redis } from 'ioredis';
import { type Backlog, createBacklog } from './backlog.ts';
import { type ErrorCode, OutageError } from './errors.ts';
import { keys } from './keys.ts';
import { type Member, type Nodes, servedBy } from './nodes/nodes.ts';

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

/** What one master was like when it was looked at. */
interface Figures extends BacklogGauge {
  readonly partitions: readonly number[];
}

/** @param refused told of each admission that was not given, with its code */
export function createGuard(
  nodes: Pick<Nodes<Member>, 'all' | 'find' | 'moving'>,
  partitions: number,
  limits: GuardLimits,
  refused?: (code: ErrorCode) => void,
): Guard {
  let figures = new Map<Member, Figures>();
  let gauge: BacklogGauge = { oldestAgeMs: 0, entries: 0, memoryShare: 0 };
  let full: ReadonlySet<number> = new Set();
  let late = false;
  const backlogs = Array.from({ length: partitions }, createBacklog);
  let busy = false;

  async function poll(): Promise<void> {
    const looks = nodes.all().map(async (node): Promise<[Member, Figures | undefined]> => {
      // Of a partition on the move half the keys are elsewhere, and the others' must still be judged.
      const own = servedBy(nodes, node, partitions).filter((p) => !nodes.moving(p));
      // A failed look keeps the last judgement; operations meet the outage themselves.
      const seen = await measure(node.redis, own, backlogs).catch(() => undefined);
      return [node, seen ? { ...seen, partitions: own } : figures.get(node)];
    });
    const seen = await Promise.all(looks);
    figures = new Map(seen.filter((one): one is [Member, Figures] => one[1] !== undefined));
    gauge = combined([...figures.values()]);
    late = gauge.oldestAgeMs > limits.backlogMaxAgeMs || gauge.entries > limits.backlogMaxEntries;
    const short = [...figures.values()].filter((one) => one.memoryShare >= limits.memoryMaxShare);
    full = new Set(short.flatMap((one) => one.partitions));
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    poll().finally(() => {
      busy = false;
    });
  }, limits.pollMs);
  timer.unref();

  return {
    admit(partition) {
      const behind = late ? 'ledger_backlogged' : undefined;
      const refusal = full.has(partition) ? 'engine_full' : behind;
      if (refusal === undefined) return;
      refused?.(refusal);
      throw new OutageError(refusal, { retryAfterMs: 5_000 });
    },
    gauge: () => gauge,
    stop: () => clearInterval(timer),
  };
}

function combined(figures: readonly BacklogGauge[]): BacklogGauge {
  return {
    oldestAgeMs: Math.max(0, ...figures.map((one) => one.oldestAgeMs)),
    entries: figures.reduce((sum, one) => sum + one.entries, 0),
    memoryShare: Math.max(0, ...figures.map((one) => one.memoryShare)),
  };
}

/** One partition's journal as XINFO STREAM tells it, flat: name, value, name, value. */
type StreamInfo = readonly unknown[];

async function measure(
  redis: Redis,
  partitions: readonly number[],
  backlogs: readonly Backlog[],
): Promise<BacklogGauge> {
  if (redis.status !== 'ready') throw new OutageError('redis_unreachable');
  const committed = await committedOf(redis, partitions);
  const pipeline = redis.pipeline();
  pipeline.time();
  pipeline.info('memory');
  for (const [i, p] of partitions.entries()) {
    pipeline.call('XINFO', 'STREAM', keys.journal(p));
    pipeline.xrange(keys.journal(p), `(${committed[i]}`, '+', 'COUNT', 1);
  }
  const replies = (await pipeline.exec()) ?? [];
  const [time, memory, ...rest] = replies.map(([, value]) => value);
  const nowMs = Number((time as string[] | undefined)?.[0] ?? 0) * 1000;
  let entries = 0;
  let oldestAgeMs = 0;
  for (const [i, p] of partitions.entries()) {
    const info = rest[2 * i] as StreamInfo | undefined;
    const first = (rest[2 * i + 1] as [string, string[]][] | undefined)?.[0]?.[0];
    const uncommitted = backlogs[p]?.see(
      committed[i] ?? '0-0',
      String(infoField(info, 'last-generated-id') ?? '0-0'),
      Number(infoField(info, 'entries-added') ?? 0),
    );
    if (!first) continue;
    entries += uncommitted ?? 0;
    oldestAgeMs = Math.max(oldestAgeMs, nowMs - Number(first.split('-')[0]));
  }
  return { oldestAgeMs, entries, memoryShare: memoryShare(String(memory ?? '')) };
}

/** By place in `partitions`: one command each, because a cluster refuses one for several of them. */
async function committedOf(redis: Redis, partitions: readonly number[]): Promise<string[]> {
  const pipeline = redis.pipeline();
  for (const p of partitions) pipeline.get(keys.committed(p));
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) => {
    if (error) throw error;
    return typeof value === 'string' ? value : '0-0';
  });
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
