import type { Redis } from 'ioredis';
import type { JournalNode } from '../journal-read.ts';
import { type Nodes, oneNode } from '../nodes/nodes.ts';
import type { RunnerNode } from '../runner.ts';

/** A connection as the only master, for tests that have no gate. */
export function soleNode(redis: Redis): Nodes<RunnerNode & JournalNode> {
  const gate = { shielded: () => true, lost: () => undefined };
  return oneNode({ url: '', redis, reading: redis, answering: true, gate }, () => undefined);
}
