/**
 * One pass of a real flusher: it takes leases, reads, commits what it read, and stops. It can be struck
 * at any point between two commands to Redis or Postgres.
 */
import type { KeyObject } from 'node:crypto';
import type { Journal } from '../../engine/index.ts';
import { type Sql, startFlusher } from '../../persistence/index.ts';
import { BEGIN, givenUp, guardedSql, refusedConnection } from './postgres-door.ts';
import { Died } from './process.ts';

export interface Strike {
  /** Commands until then. */
  readonly at: number;
  /** `die`: nothing is heard of it again. `fail`: that one command fails. `pause`: others act first. */
  readonly how: 'die' | 'fail' | 'pause';
}

export interface PassOptions {
  readonly sql: Sql;
  readonly journal: Pick<Journal, 'reachable' | 'read' | 'committed' | 'setCommitted'>;
  readonly chainKey: KeyObject;
  readonly owner: string;
  readonly batchEntries: number;
  /** Postgres is away. */
  readonly away: () => boolean;
  readonly strike?: Strike | undefined;
  /** What happens while it is paused. */
  readonly meanwhile?: () => Promise<void>;
  /** A broken build: the statement leaves its transaction and is committed at once. */
  readonly divert?: ((statement: string) => boolean) | undefined;
}

/** Nobody's lease runs out by the wall clock: the world says when. */
const LEASE_MS = 600_000;
const SOON_MS = 1;
const REDIS = 'redis';

/** @returns what struck it, or nothing */
export async function flusherPass(options: PassOptions): Promise<string> {
  const { sql, journal, chainKey, owner, batchEntries } = options;
  const { struck, point, pausable } = strikes(options);
  let reads = 0;
  const door = guardedSql(
    sql,
    (statement) => (statement === BEGIN ? pausable(statement) : point(statement)),
    options.divert,
  );
  const flusher = startFlusher({
    sql: door,
    journal: {
      reachable: journal.reachable,
      async read(...args) {
        // It reads ahead while it commits: points of both at once would not come in the same order twice.
        if (reads++ > 0) return journal.read(...args);
        await pausable(REDIS);
        const found = await journal.read(...args);
        await pausable(REDIS);
        return found;
      },
      async committed(partition) {
        await pausable(REDIS);
        return journal.committed(partition);
      },
      async setCommitted(positions) {
        await pausable(REDIS);
        await journal.setCommitted(positions);
      },
    },
    chainKey,
    owner,
    settings: { batchEntries, blockMs: SOON_MS, leaseTtlMs: LEASE_MS, retryMinMs: SOON_MS },
  });
  await flusher.stop(0);
  return struck();
}

function strikes({ strike, owner, away, meanwhile }: PassOptions) {
  let commands = 0;
  let struck = '';
  let dead = false;
  let paused = false;
  function point(name: string): void {
    if (dead) throw new Died(owner);
    if (away() && name !== REDIS) throw refusedConnection();
    if (strike === undefined || commands++ !== strike.at) return;
    struck = `${strike.how} at ${name.trim().split(/\s+/, 3).join(' ')}`;
    if (strike.how === 'pause') paused = true;
    if (strike.how === 'fail') throw givenUp();
    if (strike.how !== 'die') return;
    dead = true;
    throw new Died(owner);
  }
  return {
    struck: () => struck,
    point,
    /** A pause waits for the next of these: in the middle of a transaction others would wait for it. */
    async pausable(name: string): Promise<void> {
      point(name);
      if (!paused) return;
      paused = false;
      await meanwhile?.();
      point(name);
    },
  };
}

/** The leases of flushers that died run out. */
export async function lapse(sql: Sql): Promise<void> {
  await sql`DELETE FROM partition_leases`;
  await sql`DELETE FROM flusher_members`;
}
