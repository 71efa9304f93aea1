// Work on one partition at a time while nobody can write to it, for commands that run beside a Ringfence
// or without one. It is a recovery like any other, under the same lock: operations of the partition answer
// `recovering` meanwhile, and a process that finds it shut waits for the lock, looks again and goes on. A
// command that dies here leaves a shut partition, which the next recovery of any process opens.

import { createConnection } from './connection.ts';
import { OutageError } from './errors.ts';
import { createMaster } from './gate/master.ts';
import { onOwnConnection, type RecoverOptions } from './gate/recover.ts';
import {
  type PartitionRecovery,
  recoverPartition,
  type WhileShut,
} from './gate/recover-partition.ts';
import { visitNodes } from './nodes/visit.ts';

export interface MaintenanceOptions
  extends Pick<RecoverOptions, 'hotRecordsMs' | 'ledger' | 'recovery'> {
  readonly redisUrl: string;
}

export interface Maintenance {
  /**
   * Shuts the partition, drains its journal into the ledger, does the work, restores and opens. Work that
   * throws before it cleared anything leaves the partition open as it was.
   * @throws OutageError when a store is away, or the partition's slot is being moved; what the work throws
   */
  recover(partition: number, work: WhileShut): Promise<PartitionRecovery>;
  stop(): void;
}

/** Connects, once. @throws when the Redis, or every master of a cluster, is away */
export async function createMaintenance(options: MaintenanceOptions): Promise<Maintenance> {
  const { nodes } = await visitNodes(options.redisUrl);
  async function recover(partition: number, work: WhileShut): Promise<PartitionRecovery> {
    await nodes.refresh();
    const { url } = nodes.of(partition);
    const connect = () => createConnection(url, 'recovery');
    return onOwnConnection(connect, async (redis) => {
      const master = createMaster(redis);
      const { masterId, migrating } = await master.look([partition]);
      if (migrating.has(partition)) throw new OutageError('recovering');
      const parts = { ...options, redis, master, masterId, held: undefined };
      return unlessItFails(work, (guarded) => recoverPartition(parts, partition, guarded));
    });
  }
  return {
    recover: (partition, work) => options.recovery.exclusively(() => recover(partition, work)),
    stop: nodes.stop,
  };
}

/** Lets the recovery end in order when the work failed and had changed nothing in Redis. */
async function unlessItFails<T>(
  work: WhileShut,
  recovery: (guarded: WhileShut) => Promise<T>,
): Promise<T> {
  let failure: { readonly error: unknown } | undefined;
  const done = await recovery(async (shut) => {
    let cleared = false;
    const clear: typeof shut.clear = (scope) => {
      cleared = true;
      return shut.clear(scope);
    };
    try {
      return await work({ ...shut, clear });
    } catch (error) {
      if (cleared) throw error;
      failure = { error };
      return { status: 'leave' };
    }
  });
  if (failure !== undefined) throw failure.error;
  return done;
}
