/** Runs pieces of work, a bounded number at a time, in the order they came. */
export interface Pool {
  /** Work must not throw: what can fail is handled inside it. */
  run(work: () => Promise<void>): void;
  /** How many pieces wait for their turn. */
  waiting(): number;
  /** Settles when nothing is running or waiting. */
  idle(): Promise<void>;
}

export function createPool(concurrencyMax: number): Pool {
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  let idlers: (() => void)[] = [];

  function next(): void {
    while (running < concurrencyMax) {
      const work = waiting.shift();
      if (work === undefined) break;
      running += 1;
      void work().finally(() => {
        running -= 1;
        next();
      });
    }
    if (running > 0 || waiting.length > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  }

  return {
    run(work) {
      waiting.push(work);
      next();
    },
    waiting: () => waiting.length,
    idle() {
      if (running === 0 && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        idlers.push(resolve);
      });
    },
  };
}
