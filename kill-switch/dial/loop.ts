/** A round again and again: at once while there is work, else after a pause, until it is stopped. */
import type { Log } from '../doors.ts';

const IDLE_MS = 1_000;

export interface Loop {
  start(): void;
  /** Ends after the round under way. */
  stop(): Promise<void>;
}

/** @param round answers how much there was to do; what it throws is logged, and it is run again. */
export function createLoop(round: () => Promise<number>, log: Log): Loop {
  let stopping = false;
  let running: Promise<void> | undefined;
  let wake: () => void = () => undefined;

  async function run(): Promise<void> {
    while (!stopping) {
      const worked = await round().catch((error: unknown) => {
        log.warn({ err: error }, 'dials cannot be looked after just now');
        return 0;
      });
      if (worked === 0 && !stopping) await idle();
    }
  }

  function idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}
