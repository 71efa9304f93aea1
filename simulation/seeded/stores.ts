/** The stores that a lane of seeds runs on, one seed after the other: connections, and how to close them. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createConnection, type Journal } from '../../engine/index.ts';
import { createJournal, createRunner, oneNode } from '../../engine/parts.ts';
import { connect, type Sql } from '../../persistence/index.ts';

/** API processes that act in turn. */
export const PROCESSES = 2;
const POOL = 4;

export interface Addresses {
  /** Its `enable-debug-command` must be on: a failover gives it another replication id. */
  readonly redisUrl: string;
  /** A migrated database that is nobody else's. */
  readonly databaseUrl: string;
}

export interface Stores extends Addresses {
  /** Beside the engine's own: to look and to meddle. */
  readonly raw: Redis;
  readonly connections: readonly Redis[];
  readonly sql: Sql;
  readonly journal: Journal;
  readonly chainKey: KeyObject;
  close(): Promise<void>;
}

export async function openStores(addresses: Addresses): Promise<Stores> {
  const { redisUrl, databaseUrl } = addresses;
  const sql = connect(databaseUrl, { max: POOL, applicationName: 'world', writer: true });
  const all = Array.from({ length: PROCESSES + 1 }, () => createConnection(redisUrl));
  await Promise.all(all.map((connection) => connection.connect()));
  const [raw, ...connections] = all as [Redis, ...Redis[]];
  const gate = { shielded: () => true, lost: () => undefined };
  const master = { url: redisUrl, redis: raw, reading: raw, answering: true, gate };
  const node = oneNode(master, () => undefined);
  return {
    ...addresses,
    raw,
    connections,
    sql,
    journal: createJournal(node, createRunner(node)),
    chainKey: createSecretKey(Buffer.alloc(32, 7)),
    async close() {
      for (const connection of all) connection.disconnect();
      await sql.end({ timeout: 1 });
    },
  };
}
