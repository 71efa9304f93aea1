// One master as the engine uses it: a connection for operations, one for reading journals, and its gate.

import type { Redis } from 'ioredis';
import { createConnection } from '../connection.ts';
import type { Gate } from '../gate/gate.ts';
import type { JournalNode } from '../journal-read.ts';

export interface Node extends JournalNode {
  readonly gate: Gate;
  answering: boolean;
  /** Settles when the first connection was made, or failed. */
  readonly connected: Promise<void>;
}

export interface NodeParts {
  /** The reading connection may wait for entries without a limit of time. */
  readonly waits: boolean;
  /** Makes the node's gate, which opens connections of its own. */
  readonly gate: (connect: () => Redis) => Gate;
  /** Told when the connection of operations is gone. */
  readonly parted: () => void;
}

/** Begins to connect. Nothing is sent on a new connection before its master has been looked at. */
export function openNode(url: string, parts: NodeParts): Node {
  const redis = createConnection(url);
  const reading = createConnection(url, parts.waits ? 'blocking' : 'operations');
  const gate = parts.gate(() => createConnection(url, 'recovery'));
  redis.on('close', () => {
    gate.disconnected();
    parts.parted();
  });
  redis.on('ready', () => gate.lost('a new connection'));
  const connected = Promise.all([redis.connect(), reading.connect()]).then(() => undefined);
  connected.catch(() => undefined);
  return { url, redis, reading, gate, answering: true, connected };
}

export function closeNode(node: Node): void {
  void node.gate.stop();
  node.redis.disconnect();
  node.reading.disconnect();
}
