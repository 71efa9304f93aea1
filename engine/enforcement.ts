// What the enforcer asks of the engine: whose moment has come, and which calls a top-up wakes.

import { dueScript, finalsScript } from './generated/index.ts';
import { keys } from './keys.ts';
import type { Runner } from './runner.ts';

export interface DueMembers {
  /** Ringfence's clock. */
  readonly nowMs: number;
  /** The next moment in this partition after the leased ones, -1 when there is none. */
  readonly nextMs: number;
  /** Hold ids, and wallet ids (`wal_...`) whose final calls are to be extended again. */
  readonly members: readonly string[];
}

export interface Enforcement {
  /** Leases up to `limit` members; one that no operation schedules anew comes back after `leaseMs`. */
  due(partition: number, limit: number, leaseMs: number): Promise<DueMembers>;
  /** The wallet's final calls, smallest covered time first; the wallet leaves the due set. */
  finals(partition: number, walletId: string, limit: number): Promise<readonly string[]>;
}

export function createEnforcement(runner: Runner): Enforcement {
  return {
    async due(partition, limit, leaseMs) {
      const reply = await runner.run(
        partition,
        dueScript,
        { partition: keys.partition(partition), due: keys.due(partition) },
        { limit, leaseMs },
      );
      const members = reply.members.map((member) => member.toString());
      return { nowMs: reply.nowMs, nextMs: reply.nextMs, members };
    },
    async finals(partition, walletId, limit) {
      const reply = await runner.run(
        partition,
        finalsScript,
        {
          partition: keys.partition(partition),
          due: keys.due(partition),
          final: keys.final(partition, walletId),
        },
        { walletId, limit },
      );
      return reply.members.map((member) => member.toString());
    },
  };
}
