// The turn of a process among those that want to recover: one at a time, under the lock in Postgres.

import { setTimeout as pause } from 'node:timers/promises';
import type { RecoverySource } from '../recovery-source.ts';

const LOOK_MS = 200;

/**
 * Does `work` when it is this process' turn. Until then it looks again and again at what the process
 * before it has opened: a partition with live calls must not wait for the last one without.
 */
export async function inTurn<T>(
  recovery: Pick<RecoverySource, 'exclusively'>,
  look: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  const turn = new AbortController();
  const { signal } = turn;
  const done = recovery
    .exclusively(() => {
      turn.abort();
      return work();
    })
    .finally(() => turn.abort());
  // Heard below, once it is no longer waited for.
  done.catch(() => undefined);
  while (!signal.aborted) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    // A look that fails, fails again when it is our turn, and is told of there.
    if (!signal.aborted) await look().catch(() => undefined);
  }
  return done;
}
