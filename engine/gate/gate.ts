// The recovery gate of one master: the ONLY way scripts get into it. NOSCRIPT is the sign that it was
// restarted or failed over, and then nobody goes on before it has been compared with the ledger.
//
//            lost()                       all its partitions open
//   open ------------> recovering ----------------------------> open
//                        |    ^ failed: again after a pause
//                        +----+

import { setTimeout as pause } from 'node:timers/promises';
import { type Progress, type RecoverOptions, recoverMaster, shutMaster } from './recover.ts';
import type { PartitionRecovery } from './recover-partition.ts';

export interface GateOptions extends Omit<RecoverOptions, 'onPartition'> {
  readonly onEvent: (event: GateEvent) => void;
}

export type GateEvent =
  | { readonly kind: 'closed'; readonly why: string }
  | {
      readonly kind: 'partition';
      readonly result: PartitionRecovery;
      /** What its own recovery took. */
      readonly ms: number;
      /** How long it was shut, from the moment this process noticed. */
      readonly shutMs: number;
      readonly progress: Progress;
    }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'opened'; readonly partitions: number; readonly ms: number };

export interface Gate {
  state(): 'open' | 'recovering';
  /** How far the recovery is that this process does; undefined when it does none. */
  progress(): Progress | undefined;
  /** Says that scripts or a fence are missing; a recovery begins if none is under way. */
  lost(why: string): void;
  /**
   * Operations of this partition may be sent: since this connection was made it is known that the
   * scripts there are, if any, stand for this master, this partition and this ledger. A master that
   * was demoted and promoted again keeps its scripts, so their presence alone proves nothing.
   */
  shielded(partition: number): boolean;
  /** The connection of operations is gone; the next one has to be looked at first. */
  disconnected(): void;
  /** What INFO says of this master now: another one than was looked at means a recovery. */
  compare(masterId: string | undefined, role: string | undefined): void;
  /** The master may serve other partitions than before: looks at those that came, if it can. */
  follow(reachable: boolean): void;
  /** Resolves when the gate is open. */
  opened(): Promise<void>;
  /**
   * Closes the gate for everybody, as after a fork, and recovers. Waits for a recovery under way.
   * @throws OutageError when Redis or the ledger is away; nothing is closed then
   */
  close(why: string): Promise<void>;
  stop(): Promise<void>;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

export function createGate(options: GateOptions): Gate {
  const shields = new Set<number>();
  let current: Promise<void> | undefined;
  let stopped = false;
  /** Counts what makes earlier looks worthless: a new connection, another master. */
  let era = 0;
  let masterId: string | undefined;
  let closedAtMs = performance.now();
  let progress: Progress | undefined;
  const recovering = {
    ...options,
    onPartition(result: PartitionRecovery, ms: number, made: Progress) {
      const shutMs = performance.now() - closedAtMs;
      progress = made;
      options.onEvent({ kind: 'partition', result, ms, shutMs, progress: made });
    },
  };

  async function untilOpen(): Promise<void> {
    for (let wait = RETRY_MS_MIN; !stopped; wait = Math.min(RETRY_MS_MAX, wait * 2)) {
      const looked = era;
      const startMs = performance.now();
      try {
        const partitions = await recoverMaster(recovering, (id, found) => {
          if (looked !== era) return;
          masterId = id;
          for (const partition of found) shields.add(partition);
        });
        options.onEvent({ kind: 'opened', partitions, ms: performance.now() - startMs });
        if (allShielded()) return;
      } catch (error) {
        options.onEvent({ kind: 'failed', error });
        await pause(wait);
      }
    }
  }

  function allShielded(): boolean {
    return options.partitions().every((partition) => shields.has(partition));
  }

  function unshield(): void {
    era++;
    shields.clear();
  }

  function lost(why: string): void {
    if (current || stopped) return;
    closedAtMs = performance.now();
    options.onEvent({ kind: 'closed', why });
    current = untilOpen().finally(() => {
      current = undefined;
      progress = undefined;
    });
  }

  return {
    state: () => (current ? 'recovering' : 'open'),
    progress: () => progress,
    shielded: (partition) => shields.has(partition),
    disconnected: unshield,
    lost,
    compare(id, role) {
      if (masterId === undefined || (id === masterId && role === 'master')) return;
      unshield();
      lost('it is not the master it was');
    },
    follow(reachable) {
      const served = new Set(options.partitions());
      for (const partition of shields) if (!served.has(partition)) shields.delete(partition);
      if (reachable && !allShielded()) lost('a partition came here');
    },
    async opened() {
      await current;
    },
    async close(why) {
      await shutMaster(options);
      lost(why);
    },
    async stop() {
      stopped = true;
      await current;
    },
  };
}
