/**
 * How long the machine makes everybody wait. Each process of a world is asked something simple, again and
 * again: where one that has nothing to do answers late, a push that comes late meanwhile is not the enforcer's.
 */
import { setTimeout as pause } from 'node:timers/promises';

export interface Witness {
  /** The longest answers of each process between two moments (epoch ms), one after the other, in ms. */
  waitedMs(fromMs: number, toMs: number): number;
  stop(): Promise<void>;
}

interface Wait {
  readonly fromMs: number;
  readonly toMs: number;
}

const EVERY_MS = 25;
/** A shorter answer is no wait. */
const WAIT_MS_MIN = 10;

/** @param questions one to each process; what is not answered does not count */
export function startWitness(questions: readonly (() => Promise<unknown>)[]): Witness {
  const stopping = new AbortController();
  const { signal } = stopping;
  const asked = questions.map((question) => {
    const waits: Wait[] = [];
    return { waits, asking: askOn(question, waits, signal) };
  });
  return {
    waitedMs: (fromMs, toMs) =>
      asked.reduce((sum, { waits }) => sum + longestOf(waits, fromMs, toMs), 0),
    async stop() {
      stopping.abort();
      await Promise.all(asked.map(({ asking }) => asking));
    },
  };
}

async function askOn(
  question: () => Promise<unknown>,
  waits: Wait[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const fromMs = Date.now();
    const isAnswered = await question().then(
      () => true,
      () => false,
    );
    const toMs = Date.now();
    if (isAnswered && toMs - fromMs >= WAIT_MS_MIN) waits.push({ fromMs, toMs });
    await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function longestOf(waits: readonly Wait[], fromMs: number, toMs: number): number {
  let longest = 0;
  for (const wait of waits) {
    if (wait.toMs < fromMs || wait.fromMs > toMs) continue;
    longest = Math.max(longest, wait.toMs - wait.fromMs);
  }
  return longest;
}
