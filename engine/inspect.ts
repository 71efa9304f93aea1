// Looks into Redis from outside the gate, for commands that check a system they do not run.
// It only reads: it loads nothing, opens nothing, and works while the gate is closed.

import type { Redis } from 'ioredis';
import { createMaster } from './gate/master.ts';
import { unpackPartitionState, unpackWalletState, type WalletState } from './generated/layouts.ts';
import { type HeldKeys, heldKeys } from './inspect-held.ts';
import { type Journal, rangeOf } from './journal.ts';
import { keys } from './keys.ts';
import { type Member, type Nodes, servedBy } from './nodes/nodes.ts';
import { type VisitedNode, visitNodes } from './nodes/visit.ts';

/** Why operations would answer `recovering` now. Open: standing, complete, and no shut partition. */
export interface GateView {
  /** The scripts were loaded by a recovery of this very master. */
  readonly standing: boolean;
  /** Every script of this release is loaded. */
  readonly complete: boolean;
  readonly shutPartitions: readonly number[];
}

export interface JournalView {
  readonly partition: number;
  /** Entries in the stream, committed ones that are still kept included. */
  readonly length: number;
  /** Stream id up to which Redis was told that Postgres has committed; '0-0' if never. */
  readonly committed: string;
  /** Age in ms of the oldest entry after the given cursor; undefined when there is none. */
  readonly oldestAgeMs: number | undefined;
  /** Bytes that the stream takes in Redis, estimated; undefined where MEMORY is refused. */
  readonly bytes: number | undefined;
  /** How far the latest time any script saw is ahead of the partition's clock, in ms; 0 when it is not. */
  readonly clockAheadMs: number;
  /** What is added to Redis' clock since it jumped, in ms. */
  readonly clockShiftMs: number;
  /** For how long the first hold or wallet that is due has waited, in ms; 0 when nothing is due. */
  readonly dueLateMs: number;
}

/** One master as an outsider sees it. */
export interface NodeInspector {
  /** Its place in a cluster, `host:port`; empty for the only master. */
  readonly name: string;
  /** It runs on this machine, so that its files and the kernel's settings can be looked at. */
  readonly isLocal: boolean;
  /** INFO, all sections. */
  info(): Promise<string>;
  /** One setting from CONFIG GET; undefined where the service refuses CONFIG. */
  setting(name: string): Promise<string | undefined>;
  /** Epoch ms. */
  time(): Promise<number>;
}

/** Told of a value that is damaged; without it such a value is thrown as a BugError. */
export type Unreadable = (id: string) => void;

export interface Inspector {
  /** Every master that answers. */
  readonly nodes: readonly NodeInspector[];
  /** Masters of a cluster that serve partitions and cannot be reached, as `host:port`. */
  readonly absent: readonly string[];
  gate(partitions: number): Promise<GateView>;
  /** @param cursors by partition, how far Postgres has committed. */
  journals(cursors: readonly string[]): Promise<JournalView[]>;
  /** Wallets that Redis holds; the others are left out. */
  peekWallets(
    partition: number,
    ids: readonly string[],
    unreadable?: Unreadable,
  ): Promise<Map<string, WalletState>>;
  /** What Redis has of each of these partitions. Walks over all keys of their masters, once each. */
  held(partitions: readonly number[]): Promise<Map<number, HeldKeys>>;
  readonly journal: Pick<Journal, 'range'>;
  stop(): void;
}

/** Connects, once. @throws when the Redis, or every master of a cluster, is away */
export async function createInspector(redisUrl: string): Promise<Inspector> {
  const { nodes, here, away } = await visitNodes(redisUrl);
  const nameOf = ({ url }: Member) => (nodes.spans ? '' : new URL(url).host);
  /** The values that are there, by id. */
  async function peek<T>(
    partition: number,
    ids: readonly string[],
    key: (partition: number, id: string) => string,
    unpack: (packed: Buffer) => T,
    unreadable?: Unreadable,
  ): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    if (ids.length === 0) return found;
    const { redis } = nodes.of(partition);
    const values = await redis.mgetBuffer(ids.map((id) => key(partition, id)));
    for (const [i, id] of ids.entries()) {
      const packed = values[i];
      if (!packed) continue;
      try {
        found.set(id, unpack(packed));
      } catch (error) {
        if (unreadable === undefined) throw error;
        unreadable(id);
      }
    }
    return found;
  }
  return {
    nodes: here.map((node) => inspectorOf(node, nameOf(node))),
    absent: away.map(nameOf),
    gate: (partitions) => gateOf(nodes, partitions),
    journals: (cursors) => journalsOf(nodes, cursors),
    peekWallets: (partition, ids, unreadable) =>
      peek(partition, ids, keys.wallet, unpackWalletState, unreadable),
    held: (partitions) => heldKeys(nodes, partitions),
    journal: { range: (...about) => rangeOf(nodes, ...about) },
    stop: nodes.stop,
  };
}

function inspectorOf({ redis, url }: VisitedNode, name: string): NodeInspector {
  return {
    name,
    isLocal: isLocal(url),
    info: () => redis.info(),
    async setting(setting) {
      try {
        const answer = (await redis.call('CONFIG', 'GET', setting)) as readonly string[];
        return answer[1];
      } catch {
        return undefined;
      }
    },
    time: () => timeOf(redis),
  };
}

/** A Sentinel may name any machine. */
function isLocal(url: string): boolean {
  if (url.startsWith('unix:')) return true;
  if (!URL.canParse(url)) return false;
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}

async function timeOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

async function gateOf(nodes: Nodes<VisitedNode>, partitions: number): Promise<GateView> {
  const looks = await Promise.all(
    nodes.all().map((node) => {
      const own = servedBy(nodes, node, partitions);
      return createMaster(node.redis).look(own);
    }),
  );
  return {
    standing: looks.every((look) => look.standing && look.foreign.size === 0),
    complete: looks.every((look) => look.complete),
    shutPartitions: looks.flatMap((look) => [...look.shut]).sort((a, b) => a - b),
  };
}

async function journalsOf(
  nodes: Nodes<VisitedNode>,
  cursors: readonly string[],
): Promise<JournalView[]> {
  const times = new Map(nodes.all().map((node) => [node, timeOf(node.redis)]));
  return Promise.all(
    cursors.map(async (cursor, partition) => {
      const node = nodes.of(partition);
      const { redis } = node;
      const journal = keys.journal(partition);
      const nowMs = (await times.get(node)) ?? 0;
      const [length, bytes, committed, packed, next, due] = await Promise.all([
        redis.xlen(journal),
        redis.memory('USAGE', journal).catch(() => undefined),
        redis.get(keys.committed(partition)),
        redis.getBuffer(keys.partition(partition)),
        redis.xrange(journal, `(${cursor}`, '+', 'COUNT', 1),
        redis.zrange(keys.due(partition), '0', '0', 'WITHSCORES'),
      ]);
      const oldest = next[0]?.[0];
      const state = packed ? unpackPartitionState(packed) : undefined;
      const clockShiftMs = state?.clockShiftMs ?? 0;
      return {
        partition,
        length,
        bytes: bytes === null ? 0 : bytes,
        committed: committed ?? '0-0',
        oldestAgeMs: oldest ? Math.max(0, nowMs - Number(oldest.split('-')[0])) : undefined,
        clockAheadMs: Math.max(0, (state?.nowMs ?? 0) - nowMs - clockShiftMs),
        clockShiftMs,
        dueLateMs: due[1] === undefined ? 0 : Math.max(0, nowMs + clockShiftMs - Number(due[1])),
      };
    }),
  );
}
