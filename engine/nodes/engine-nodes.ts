// The masters of an engine, each behind its own gate, and the watch over them.

import { createGate, type GateOptions } from '../gate/gate.ts';
import type { Progress } from '../gate/recover.ts';
import { closeNode, type Node, openNode } from './node.ts';
import { type Nodes, servedBy } from './nodes.ts';
import { CLUSTER_SCHEME, isIndirect, openNodes } from './open-nodes.ts';
import { startWatch } from './watch.ts';

export interface EngineNodesOptions
  extends Pick<GateOptions, 'hotRecordsMs' | 'ledger' | 'recovery' | 'prove' | 'onEvent'> {
  readonly redisUrl: string;
  /** How many there are. */
  readonly partitions: number;
}

/** @throws when the one Redis, or every node of a cluster, cannot be reached */
export async function createEngineNodes(options: EngineNodesOptions) {
  const isCluster = options.redisUrl.startsWith(CLUSTER_SCHEME);
  let nodes: Nodes<Node> | undefined;
  function open(url: string): Node {
    const partitions = () => (nodes ? servedBy(nodes, node, options.partitions) : []);
    const node: Node = openNode(url, {
      waits: !isCluster,
      gate: (connect) =>
        createGate({ ...options, connect, partitions, partitionCount: options.partitions }),
      parted: () => void nodes?.refresh(),
    });
    return node;
  }
  nodes = await openNodes(options.redisUrl, {
    open,
    close: closeNode,
    changed() {
      for (const { gate, redis } of nodes?.all() ?? []) gate.follow(redis.status === 'ready');
    },
  });
  // A cluster serves what it can: a master that is away must not keep the others from starting. One that
  // Sentinels name may be replaced at this moment.
  const connecting = nodes.all().map(({ connected }) => connected);
  await (isIndirect(options.redisUrl) ? Promise.allSettled(connecting) : Promise.all(connecting));
  return { nodes, ...together(nodes), ...watched(nodes) };
}

export interface MastersStatus {
  /** `partly`: some masters of a cluster are in recovery, the others serve. */
  readonly gate: 'open' | 'partly' | 'recovering';
  /** `ready` while at least one master is connected, else the state of the connection. */
  readonly redis: string;
  /** Partitions that this process has recovered, of those it found to be; undefined when it does none. */
  readonly progress: Progress | undefined;
}

function sumOf(all: readonly Progress[]): Progress | undefined {
  if (all.length === 0) return undefined;
  return all.reduce((sum, { done, of }) => ({ done: sum.done + done, of: sum.of + of }));
}

/** The gates of all masters, seen as one. */
function together(nodes: Nodes<Node>) {
  return {
    status(): MastersStatus {
      const all = nodes.all();
      const recovering = all.filter(({ gate }) => gate.state() === 'recovering').length;
      const partly = recovering === all.length ? 'recovering' : 'partly';
      const ready = all.find(({ redis }) => redis.status === 'ready') ?? all[0];
      return {
        gate: recovering === 0 ? 'open' : partly,
        redis: ready?.redis.status ?? 'end',
        progress: sumOf(all.flatMap(({ gate }) => gate.progress() ?? [])),
      };
    },
    async opened(): Promise<void> {
      await Promise.all(nodes.all().map(({ gate }) => gate.opened()));
    },
    async close(why: string, partition?: number): Promise<void> {
      const concerned = partition === undefined ? nodes.all() : [nodes.of(partition)];
      await Promise.all(concerned.map(({ gate }) => gate.close(why)));
    },
  };
}

function watched(nodes: Nodes<Node>) {
  const stopWatch = startWatch(nodes);
  return {
    async stop(): Promise<void> {
      stopWatch();
      await Promise.all(nodes.all().map(({ gate }) => gate.stop()));
      nodes.stop();
    },
  };
}
