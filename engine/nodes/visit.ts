// Masters as a command sees them that does not run a Ringfence: one connection each, which never reconnects.

import type { Redis } from 'ioredis';
import { createConnection } from '../connection.ts';
import type { Member, Nodes } from './nodes.ts';
import { openNodes } from './open-nodes.ts';

export interface VisitedNode extends Member {
  /** Settles when the connection was made, or failed. */
  readonly connected: Promise<void>;
}

export interface Visit {
  readonly nodes: Nodes<VisitedNode>;
  /** Those that answer. */
  readonly here: readonly VisitedNode[];
  readonly away: readonly VisitedNode[];
}

/** Connects, once. @throws when the Redis, or every master of a cluster, is away */
export async function visitNodes(redisUrl: string): Promise<Visit> {
  const nodes = await openNodes(redisUrl, {
    open: visit,
    close: ({ redis }) => redis.disconnect(),
  });
  const tried = await Promise.allSettled(nodes.all().map(({ connected }) => connected));
  const failed = tried.find((one) => one.status === 'rejected');
  if (failed && tried.every((one) => one.status === 'rejected')) {
    nodes.stop();
    throw failed.reason;
  }
  const isHere = ({ redis }: VisitedNode) => redis.status === 'ready';
  const all = nodes.all();
  return { nodes, here: all.filter(isHere), away: all.filter((node) => !isHere(node)) };
}

function visit(url: string): VisitedNode {
  const redis: Redis = createConnection(url, 'recovery');
  const connected = redis.connect();
  connected.catch(() => undefined);
  return { url, redis, connected };
}
