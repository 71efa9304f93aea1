/** Looks at the calls that are live while a store is away: each second, until it is back. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ParkedCalls } from '../load/parked-calls.ts';

const EVERY_MS = 1_000;
const FAULTS_MAX = 20;

export interface Watch {
  /** @returns what was wrong with the answers, and how many there were */
  stop(): Promise<{ faults: string[]; checks: number }>;
}

/**
 * A status check of each parked call, again and again: each must be answered, and let its call go on.
 * @param reasons why the answer may say so: `undefined` when the engine itself answers
 */
export function watchCalls(parked: ParkedCalls, reasons: readonly unknown[]): Watch {
  const faults: string[] = [];
  let checks = 0;
  const stopping = new AbortController();
  const { signal } = stopping;
  async function look(): Promise<void> {
    while (!signal.aborted) {
      const answers = await parked.check();
      checks += answers.length;
      const wrong = answers.filter(
        ({ status, endCall, reason }) =>
          status !== 200 || endCall !== false || !reasons.includes(reason),
      );
      if (faults.length < FAULTS_MAX) {
        faults.push(...wrong.map((one) => `a live call was answered ${JSON.stringify(one)}`));
      }
      await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  const looking = look();
  looking.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await looking;
      return { faults, checks };
    },
  };
}
