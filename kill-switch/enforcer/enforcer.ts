/**
 * The enforcer: Ringfence's own clock. It asks every partition whose moment has come, extends those
 * calls, ends what nobody ended, and hangs up on calls whose money is gone.
 *
 *   due set of a partition --lease--> hold    -> check (extend) -> expire? -> warn, end?
 *                                     wallet  -> its final calls, smallest covered time first
 *
 * Any number of processes may run one: a member is leased, and comes back if its holder dies. While
 * Redis is away the loop backs off; the money held covers the calls meanwhile.
 */
import { type Engine, type HoldState, OutageError } from '../../engine/index.ts';
import type { Asking } from '../asking/asking.ts';
import type { CutoffDoors, Note } from '../cutoff/doors.ts';
import type { Log } from '../doors.ts';
import { MemberHandler } from './member.ts';
import { createPool } from './pool.ts';

/** How many members of a partition are leased at once, and how many are worked on at a time. */
const LEASE_LIMIT = 200;
const CONCURRENCY_MAX = 32;
/** While this many members wait for their turn nothing more is leased. */
const WAITING_MAX = 1_000;
const LEASE_MS = 2_000;
/** A partition is asked this often even if nothing is planned: a top-up may wake a wallet. */
const LOOK_EVERY_MS = 100;
const BACK_OFF_MIN_MS = 250;
const BACK_OFF_MAX_MS = 5_000;

export interface EnforcerOptions {
  readonly engine: Pick<Engine, 'due' | 'finals' | 'check' | 'expire'>;
  readonly partitions: number;
  readonly log: Log;
  /** Ends calls at their providers. Without it a cutoff is noted and left to the status checks. */
  readonly cutoff?: CutoffDoors;
  /** As of `CutoffContext`. */
  readonly confirmMs?: number;
  /** Asks a call's provider before the call is judged by time. Without one time alone decides. */
  readonly asking?: Asking;
  /** Puts a decision on a call's timeline. */
  readonly note?: Note;
  /** Told the state of every hold that was looked at. */
  readonly saw?: (holdId: string, hold: HoldState) => void;
}

export interface Enforcer {
  start(): void;
  /** Finishes the work under way; nothing new is leased. */
  stop(): Promise<void>;
}

export function createEnforcer(options: EnforcerOptions): Enforcer {
  const { engine, partitions, log } = options;
  const pool = createPool(CONCURRENCY_MAX);
  const handler = new MemberHandler(options);
  let stopping = false;
  let running: Promise<void> | undefined;
  let wake: () => void = () => undefined;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Looks at every partition once; true when a partition had more than could be leased. */
  async function round(): Promise<boolean> {
    if (pool.waiting() >= WAITING_MAX) return false;
    const looks = Array.from({ length: partitions }, (_, partition) => look(partition));
    const looked = await Promise.allSettled(looks);
    const failed = looked.find((one) => one.status === 'rejected');
    // One master of a cluster may be away: the calls of the others go on.
    if (failed && !(failed.reason instanceof OutageError)) throw failed.reason;
    if (failed && looked.every((one) => one.status === 'rejected')) throw failed.reason;
    if (failed) handler.lostClock();
    return looked.some((one) => one.status === 'fulfilled' && one.value);
  }

  async function look(partition: number): Promise<boolean> {
    const { nowMs, members } = await engine.due(partition, LEASE_LIMIT, LEASE_MS);
    handler.sawClock(nowMs);
    for (const member of members) {
      pool.run(() => handler.work(partition, member, nowMs));
    }
    return members.length === LEASE_LIMIT;
  }

  async function run(): Promise<void> {
    let backOffMs = 0;
    while (!stopping) {
      const startedMs = performance.now();
      try {
        const more = await round();
        if (backOffMs > 0) log.info({}, 'the enforcer reaches the engine again');
        backOffMs = 0;
        if (more) continue;
        await pause(Math.max(1, LOOK_EVERY_MS - (performance.now() - startedMs)));
      } catch (error) {
        const outage = error instanceof OutageError;
        if (backOffMs === 0 || !outage) log.warn({ err: error }, 'the enforcer must wait');
        backOffMs = Math.min(BACK_OFF_MAX_MS, Math.max(BACK_OFF_MIN_MS, backOffMs * 2));
        handler.lostClock();
        await pause(backOffMs);
      }
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
      await pool.idle();
      await handler.stop();
    },
  };
}
