// Which master serves a partition. One Redis and Sentinel have one master for all of them, a cluster has
// several; everything that sends a command asks here, so that there is one way for all three.
//
//   partition --slot--> owner --> node: its connections and, in the engine, its gate
//
// We keep our own map instead of a cluster client: such a client sends a command again by itself, at
// another node or after a failover, and nobody could say any more what was compared with the ledger.

import type { Redis } from 'ioredis';

export interface Nodes<N> {
  /** The node of the partition's master. @throws OutageError `recovering` while nobody serves it */
  of(partition: number): N;
  find(partition: number): N | undefined;
  all(): readonly N[];
  /**
   * Whether the partition's slot is on its way to another node, as of the last look. Its keys are partly
   * here and partly there, so that nothing but the move itself can be done with them.
   */
  moving(partition: number): boolean;
  /** Whether one command may name keys of several partitions; a cluster refuses it. */
  readonly spans: boolean;
  /** Finds out again who serves what. Does not throw: what is known stands until more is. */
  refresh(): Promise<void>;
  stop(): void;
}

/** What a map of nodes needs of one: where it is, and a connection to ask it by. */
export interface Member {
  readonly url: string;
  readonly redis: Redis;
}

/** How a node is made and given up; `changed` is told after each look at who serves what. */
export interface NodeDoor<N extends Member> {
  /** Begins to connect and does not wait for it; failures are the connection's to mend. */
  open(url: string): N;
  close(node: N): void;
  changed?(): void;
}

/** The one master of a single Redis. */
export function oneNode<N>(node: N, close: (node: N) => void): Nodes<N> {
  const all = [node];
  return {
    of: () => node,
    find: () => node,
    all: () => all,
    moving: () => false,
    spans: true,
    refresh: async () => undefined,
    stop: () => close(node),
  };
}

/** What belongs to the partitions of each node, for commands that go to one node at a time. */
export function byNode<N, T extends { readonly partition: number }>(
  nodes: Pick<Nodes<N>, 'of'>,
  items: readonly T[],
): [node: N, own: T[]][] {
  const groups = new Map<N, T[]>();
  for (const item of items) {
    const node = nodes.of(item.partition);
    const group = groups.get(node);
    if (group) group.push(item);
    else groups.set(node, [item]);
  }
  return [...groups];
}

/** The partitions that a node serves now. */
export function servedBy<N>(nodes: Pick<Nodes<N>, 'find'>, node: N, count: number): number[] {
  return Array.from({ length: count }, (_, p) => p).filter((p) => nodes.find(p) === node);
}
