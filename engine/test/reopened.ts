import { setTimeout as pause } from 'node:timers/promises';
import type { OutageError } from '../errors.ts';

/** Tries until the gate has opened again, at most for the test's time. */
export async function reopened<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as OutageError;
      if (code !== 'recovering' && code !== 'redis_unreachable') throw error;
      await pause(2); // Leaves the processor to those who reopen it.
    }
  }
}
