/**
 * The ways of one process to Redis and Postgres, by doors that fail at its n-th request to one of them:
 *
 *   unsent, unanswered   the connection is cut before the request, or after it and before its answer
 *   ... and it dies      in the same moment all connections are cut, and nothing arrives any more
 */
import {
  type FailingDoor,
  type Failure,
  failingDoor,
  postgresFrames,
  redisFrames,
} from '../../../testing/services.ts';
import type { Addresses } from '../stores.ts';

export const STORES = ['redis', 'postgres'] as const;
export type Store = (typeof STORES)[number];
export const FAILURES: readonly Failure[] = ['unsent', 'unanswered'];

export interface Blow {
  readonly store: Store;
  /** The request that is struck; 1 is the next one. */
  readonly n: number;
  readonly failure: Failure;
  readonly dies: boolean;
}

export interface WireDoors {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Opens all ways, to be struck once or not at all. */
  open(blow?: Blow): void;
  /** Whether the blow has fallen; later it does not fall any more. */
  struck(): boolean;
  stop(): Promise<void>;
}

/** @param counts which commands of Redis count, by their upper-case name */
export async function wireDoors(
  stores: Addresses,
  counts: (command: string) => boolean = () => true,
): Promise<WireDoors> {
  const doors: Record<Store, FailingDoor> = {
    redis: await failingDoor(stores.redisUrl, () => redisFrames(counts)),
    postgres: await failingDoor(stores.databaseUrl, postgresFrames),
  };
  const both = Object.values(doors);
  let struckOne: FailingDoor | undefined;
  const die = () => {
    for (const door of both) door.sever();
  };
  return {
    redisUrl: doors.redis.url,
    databaseUrl: doors.postgres.url,
    open(blow) {
      for (const door of both) door.heal();
      struckOne = blow && doors[blow.store];
      if (blow) struckOne?.failAt(blow.n, blow.failure, blow.dies ? die : undefined);
    },
    struck: () => struckOne?.disarm() ?? false,
    async stop() {
      await Promise.all(both.map((door) => door.stop()));
    },
  };
}
